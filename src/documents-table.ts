import type { PlatformAdapter } from './domain/adapter.ts';
import { tableOf } from './generated-table.ts';
import type { OpenedPlatform } from './opened-platforms.ts';
import type { DocumentedCall } from './platforms/documented-call.ts';

/** What the documents of each platform name, the route that serves it, and whether its adapter lets it. */
export function documentsTable(opened: readonly OpenedPlatform[]): string {
  const rows = opened.flatMap(({ platform, adapter }) =>
    platform.documents.map((row) => [
      platform.title,
      `\`${row.call}\``,
      row.served === null ? '–' : `\`${row.served}\``,
      howServed(row, adapter),
      row.note ?? '',
    ]),
  );
  return tableOf(['platform', 'call of its document', 'route here', 'served', ''], rows);
}

function howServed(
  { served, needs, onConflict }: DocumentedCall,
  adapter: PlatformAdapter,
): string {
  if (served === null) return 'no';
  if (needs === null) return 'yes';
  if (adapter.parts[needs] === undefined) return '501';
  const modes = adapter.parts.import?.modes ?? [];
  return onConflict === undefined || modes.includes(onConflict) ? 'yes' : '501';
}
