import type { Connection } from '../connections/connection.ts';
import { CapabilityNotSupportedError } from '../domain/errors.ts';
import { type ConflictMode, conflictModes } from '../domain/import.ts';

/** @throws CapabilityNotSupportedError where the platform cannot do that about conflicts */
export function refuseMode(connection: Connection, onConflict: ConflictMode): void {
  const { id, platform } = connection;
  const { modes } = connection.part('import');
  if (modes.includes(onConflict)) return;
  const known = conflictModes.filter((each) => modes.includes(each)).join(', ');
  throw new CapabilityNotSupportedError(
    `${platform.title} (${id}) cannot import with onConflict ${onConflict}; it can with ${known}.`,
    { connection: id, platform: platform.name, outcome: 'not_sent' },
  );
}

/** Whether the platform imports so at all; of what is no mode, whether it imports. */
export function canImport({ adapter }: Connection, onConflict: string): boolean {
  const part = adapter.parts.import;
  const mode = conflictModes.find((each) => each === onConflict);
  return part !== undefined && (mode === undefined || part.modes.includes(mode));
}
