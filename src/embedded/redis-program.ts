import { runCommand } from './redis-command.ts';

/** A server program of Redis or Valkey that has answered `--version`. */
export interface RedisProgram {
  /** Absolute. */
  readonly command: string;
  /** The whole environment to run it with. */
  readonly env: NodeJS.ProcessEnv;
  /** As `7.0.15`. */
  readonly version: string;
  /** On PATH, or a private copy out of the system's packages or out of a Python wheel. */
  readonly origin: 'path' | 'packages' | 'wheel';
}

const oldest = { major: 6, minor: 2 };

/** Asks a program for its version; throws why it cannot serve. */
export async function askVersion(command: string, env: NodeJS.ProcessEnv): Promise<string> {
  const printed = await runCommand(command, ['--version'], { env, timeoutMs: 5_000 });
  const version = /\b(?:redis|valkey)\b.*\bv=(\d+\.\d+\.\d+)/i.exec(printed)?.[1];
  if (version === undefined) throw new Error('it does not name its version');
  requireServing(version);
  return version;
}

/** Throws when a version (as `6.0.16`) is too old to serve. */
export function requireServing(version: string): void {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  if (major > oldest.major || (major === oldest.major && minor >= oldest.minor)) return;
  throw new Error(
    `it is version ${version}, and ${oldest.major}.${oldest.minor} or newer is needed`,
  );
}
