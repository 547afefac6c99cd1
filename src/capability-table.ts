import { z } from 'zod';
import { connectionFields } from './config/connection.config.ts';
import { capabilitiesOf } from './domain/adapter.ts';
import { capabilities, capabilityRoutes } from './domain/capability.ts';
import { platforms } from './platforms/all.ts';
import { MemoryBudgets } from './upstream/memory-budgets.ts';
import { UpstreamFactory } from './upstream/upstream.factory.ts';

/** The table of capabilities, read off adapters that are opened and never asked. */
export function capabilityTable(): string {
  process.env['SANDBOX_SECRET'] ??= 'none';
  const upstreams = new UpstreamFactory();
  const columns = platforms.map((platform) => {
    const own = { ...platform.sandboxConnection('http://127.0.0.1:9'), platform: undefined };
    const schema = z.object({ ...connectionFields, ...platform.settings.shape });
    const config = { ...schema.parse(own), id: platform.name, platform: platform.name };
    const adapter = new platform.connector(upstreams, new MemoryBudgets()).open(config);
    return { title: platform.title, has: new Set(capabilitiesOf(adapter)) };
  });
  const rows = capabilities.map((capability) => [
    `\`${capability}\``,
    ...columns.map(({ has }) => (has.has(capability) ? 'yes' : '–')),
    capabilityRoutes[capability].map((route) => `\`${route}\``).join(' '),
  ]);
  const head = ['capability', ...columns.map(({ title }) => title), 'routes that need it'];
  const lines = [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`);
  return lines.join('\n');
}

const begin = '<!-- capabilities:begin -->';
const end = '<!-- capabilities:end -->';

/** A page with the table between its two marks. */
export function replaceTable(page: string, table: string): string {
  const [before = '', after] = [page.split(begin)[0], page.split(end)[1]];
  if (after === undefined) throw new Error(`the page lacks the marks ${begin} and ${end}`);
  return `${before}${begin}\n\n${table}\n\n${end}${after}`;
}
