import { readdir, readlink } from 'node:fs/promises';

const own = '/proc/self/fd';

/** How many files of a folder this process has open, those without a name included; Linux says so, and no other system. */
export async function openBelow(folder: string): Promise<number> {
  const paths = (await readdir(own)).map((each) => readlink(`${own}/${each}`).catch(() => ''));
  return (await Promise.all(paths)).filter((path) => path.startsWith(`${folder}/`)).length;
}
