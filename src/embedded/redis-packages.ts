import { mkdir, readdir, rm } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { runCommand, ToolMissing } from './redis-command.ts';
import { requireServing } from './redis-program.ts';
import { megabytes, type FetchRoute, type FetchTarget } from './redis-route.ts';

/** Debian and Ubuntu: the system's own packages, downloaded and unpacked, not installed. */
export const packagesRoute: FetchRoute = {
  origin: 'packages',
  title: "the system's packages",
  async fetch(target) {
    const work = join(target.directory, 'work');
    const root = join(target.directory, 'root');
    await mkdir(join(work, 'lists', 'partial'), { recursive: true });
    await mkdir(join(work, 'cache', 'archives', 'partial'), { recursive: true });
    await runCommand('dpkg', ['--version'], { env: target.env, timeoutMs: 10_000 });
    await download(target, work);
    for (const archive of (await readdir(work)).filter((name) => name.endsWith('.deb'))) {
      const options = { env: target.env, timeoutMs: 60_000 };
      await runCommand('dpkg', ['-x', join(work, archive), root], options);
    }
    await rm(work, { recursive: true });
    const libraries = await libraryFolders(root);
    return {
      command: join('root', 'usr', 'bin', 'redis-server'),
      libraries: libraries.map((folder) => relative(target.directory, folder)),
    };
  },
};

/** Uses the system's package lists where they serve; they may be missing or name files that are gone. */
async function download(target: FetchTarget, work: string): Promise<void> {
  try {
    await downloadBy(target, work, []);
  } catch (error) {
    if (error instanceof ToolMissing || error instanceof TooOld) throw error;
    target.say(`Its package lists do not help (${(error as Error).message}).`);
    target.say('Fetching them anew into a temporary folder, usually 10 to 30 MB ...');
    const ownLists = ['-o', `Dir::State::Lists=${join(work, 'lists')}`];
    const update = ['update', '-q', '-o', 'Acquire::Languages=none', ...ownLists];
    await aptGet(target, work, update).catch((failure: unknown) => {
      // One broken source among several fails the whole update; what matters is whether ours came.
      target.say(`Not all of them came (${(failure as Error).message}).`);
    });
    await downloadBy(target, work, ownLists);
  }
}

async function downloadBy(target: FetchTarget, work: string, lists: readonly string[]) {
  const packages = planned(
    await aptGet(target, work, [
      ...['install', '--print-uris', '--reinstall', '--yes', '-q', '--no-install-recommends'],
      ...lists,
      ...['redis-server', 'redis-tools'],
    ]),
  );
  const server = packages.find(({ name }) => name === 'redis-server');
  if (server === undefined) throw new Error('no package redis-server in them');
  refuseTooOld(server.version);
  const bytes = packages.reduce((sum, each) => sum + each.bytes, 0);
  const names = packages.map(({ name }) => name);
  target.say(
    `Fetching Redis ${server.version} from the system's packages (${names.join(', ')}; ${megabytes(bytes)}), this once ...`,
  );
  await aptGet(target, work, ['download', '-q', ...lists, ...names]);
}

class TooOld extends Error {}

function refuseTooOld(version: string): void {
  try {
    requireServing(version);
  } catch (error) {
    throw new TooOld(`package redis-server: ${(error as Error).message}`);
  }
}

interface Package {
  readonly name: string;
  readonly version: string;
  readonly bytes: number;
}

/** Reads lines as `'<address>' redis-server_5%3a7.0.15-1_amd64.deb 73908 SHA256:…`. */
function planned(printed: string): Package[] {
  const line = /^'[^']*' ([^_\s]+)_(?:\d+%3a)?([\d.]+)\S* (\d+)/gm;
  return [...printed.matchAll(line)].map(([, name = '', version = '', bytes]) => ({
    name,
    version,
    bytes: Number(bytes),
  }));
}

/** With a cache of its own and without the system's locks, so that it needs no root. */
function aptGet(target: FetchTarget, work: string, args: readonly string[]): Promise<string> {
  const own = [
    `Dir::Cache=${join(work, 'cache')}`,
    'Debug::NoLocking=1',
    'APT::Sandbox::User=',
    'Acquire::Retries=1',
    'Acquire::http::Timeout=15',
    'Acquire::https::Timeout=15',
  ];
  const env = { ...target.env, LC_ALL: 'C', DEBIAN_FRONTEND: 'noninteractive' };
  const options = own.flatMap((option) => ['-o', option]);
  return runCommand('apt-get', [...options, ...args], { env, cwd: work, timeoutMs: 180_000 });
}

async function libraryFolders(root: string): Promise<string[]> {
  const entries = await readdir(root, { recursive: true });
  const libraries = entries.filter((entry) => /\.so(\.\d+)*$/.test(entry));
  return [...new Set(libraries.map((library) => dirname(join(root, library))))];
}
