import { type FileHandle, mkdir, open } from 'node:fs/promises';

/** What the name of a file ends with as long as not all of it is there. */
export const partEnd = '.part';

/** A file of its own to write to, and to read again; its folder is made when the first one comes. */
export async function makePart(path: string, folder: string): Promise<FileHandle> {
  try {
    return await open(path, 'wx+', 0o600);
  } catch (error) {
    // The folder is there but for the first time, so that nothing is asked of the disk for it.
    if (!isMissing(error)) throw error;
    await mkdir(folder, { recursive: true, mode: 0o700 });
    return open(path, 'wx+', 0o600);
  }
}

export function isMissing(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === 'ENOENT';
}

/** Those of a disk that is full. */
const full: readonly string[] = ['ENOSPC', 'EDQUOT'];

/** Why a disk did not do it, in a word or two for people. */
export function codeOf(error: unknown): string {
  const code = (error as NodeJS.ErrnoException).code ?? 'an unknown error';
  return full.includes(code) ? `${code}: there is no space left` : code;
}
