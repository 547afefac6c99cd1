import { readFile } from 'node:fs/promises';

/** Where to look for what system this is. */
export interface SystemProbe {
  readonly platform: NodeJS.Platform;
  /** See os-release(5). */
  readonly osReleaseFile: string;
  readonly isRoot: boolean;
}

export interface SystemDescription {
  readonly platform: NodeJS.Platform;
  /** As `Debian GNU/Linux 12 (bookworm)`. */
  readonly name: string;
  /** As `debian`, then what it is like. */
  readonly families: readonly string[];
  /** `NaN` where the system has no numbered version. */
  readonly version: number;
  readonly isRoot: boolean;
}

const thisSystem: SystemProbe = {
  platform: process.platform,
  osReleaseFile: '/etc/os-release',
  isRoot: process.getuid?.() === 0,
};

export async function describeSystem(probe = thisSystem): Promise<SystemDescription> {
  const { platform, isRoot } = probe;
  const names: Partial<Record<NodeJS.Platform, string>> = { darwin: 'macOS', win32: 'Windows' };
  const fallback = names[platform] ?? platform;
  if (platform !== 'linux') {
    return { platform, isRoot, name: fallback, families: [], version: Number.NaN };
  }
  // Some systems do not describe themselves; they get the advice that holds for any Linux.
  const text = await readFile(probe.osReleaseFile, 'utf8').catch(() => '');
  const line = /^([A-Z_]+)=(["']?)(.*)\2$/gm;
  const fields = new Map([...text.matchAll(line)].map(([, key, , value]) => [key, value]));
  const families = `${fields.get('ID') ?? ''} ${fields.get('ID_LIKE') ?? ''}`;
  return {
    platform,
    isRoot,
    name: fields.get('PRETTY_NAME') ?? 'Linux',
    families: families.split(' ').filter(Boolean),
    version: Number.parseFloat(fields.get('VERSION_ID') ?? ''),
  };
}

/** What a person does on this system to have a Redis, and what they may do instead. */
export function howToInstall(system: SystemDescription): string {
  const elsewhere =
    'or set REDIS_URL to a Redis of your own (append-only file on, maxmemory-policy noeviction).';
  if (system.platform === 'win32') {
    return `Neither Redis nor Valkey runs on Windows: start this in WSL (wsl --install), ${elsewhere}`;
  }
  const command = installCommand(system);
  const install =
    command === null
      ? `Install Redis 6.2 or newer, or Valkey, so that redis-server or valkey-server is on PATH`
      : `On ${system.name}, install it with\n\n    ${command}\n`;
  return `${install}\nand start again, ${elsewhere}`;
}

function installCommand(system: SystemDescription): string | null {
  if (system.platform === 'darwin') return 'brew install redis';
  const family = system.families.find((name) => name in linuxCommands);
  if (family === undefined) return null;
  // Relatives of Debian and Ubuntu count in their own way, those of RHEL as RHEL does.
  const sameNumbers = family === system.families[0] || family === 'rhel';
  const command = linuxCommands[family]?.(sameNumbers ? system.version : Number.NaN) ?? null;
  return command === null || system.isRoot ? command : `sudo ${command}`;
}

const linuxCommands: Readonly<Record<string, (version: number) => string>> = {
  // Their own Redis was too old up to these; with pip a newer server can be fetched.
  debian: (version) => (version < 12 ? 'apt install python3-pip' : 'apt install redis-server'),
  ubuntu: (version) => (version < 22.1 ? 'apt install python3-pip' : 'apt install redis-server'),
  fedora: () => 'dnf install valkey',
  amzn: () => 'dnf install valkey',
  rhel: (version) => {
    if (version < 9) return 'dnf module install redis:6';
    return version < 10 ? 'dnf install redis' : 'dnf install valkey';
  },
  alpine: () => 'apk add redis',
  arch: () => 'pacman -S valkey',
  suse: () => 'zypper install redis',
  opensuse: () => 'zypper install redis',
};
