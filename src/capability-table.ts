import { capabilitiesOf } from './domain/adapter.ts';
import { capabilities, capabilityRoutes } from './domain/capability.ts';
import { tableOf } from './generated-table.ts';
import type { OpenedPlatform } from './opened-platforms.ts';

/** What each platform can do, and the routes that need it. */
export function capabilityTable(opened: readonly OpenedPlatform[]): string {
  const columns = opened.map(({ platform, adapter }) => ({
    title: platform.title,
    has: new Set(capabilitiesOf(adapter)),
  }));
  const rows = capabilities.map((capability) => [
    `\`${capability}\``,
    ...columns.map(({ has }) => (has.has(capability) ? 'yes' : '–')),
    capabilityRoutes[capability].map((route) => `\`${route}\``).join(' '),
  ]);
  const head = ['capability', ...columns.map(({ title }) => title), 'routes that need it'];
  return tableOf(head, rows);
}
