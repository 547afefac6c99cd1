import { mkdirSync, readdirSync, symlinkSync } from 'node:fs';
import { delimiter, isAbsolute, join } from 'node:path';

/** The PATH of this process without some commands: a folder that holds one is replaced by links to all else in it. */
export function pathWithout(commands: readonly string[], scratch: string): string {
  const folders = (process.env['PATH'] ?? '').split(delimiter).filter(isAbsolute);
  return folders.map((folder, at) => without(folder, join(scratch, `path-${at}`))).join(delimiter);

  function without(folder: string, mirror: string): string {
    const names = listing(folder);
    if (!commands.some((command) => names.includes(command))) return folder;
    mkdirSync(mirror, { recursive: true });
    for (const name of names.filter((each) => !commands.includes(each))) {
      symlinkSync(join(folder, name), join(mirror, name));
    }
    return mirror;
  }
}

/** The file of a command on the PATH of this process; null where there is none. */
export function fileOnPath(command: string): string | null {
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  const folder = folders.find((each) => listing(each).includes(command));
  return folder === undefined ? null : join(folder, command);
}

function listing(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return []; // PATH may name folders that are not there.
  }
}
