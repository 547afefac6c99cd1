import type { RedisProgram } from './redis-program.ts';

/** Where a route puts its copy, and with what. */
export interface FetchTarget {
  /** Empty; belongs to this fetch alone. */
  readonly directory: string;
  readonly env: NodeJS.ProcessEnv;
  readonly say: (line: string) => void;
}

/** Paths within the target's directory. */
export interface UnpackedProgram {
  readonly command: string;
  /** Folders of shared libraries that the program needs. */
  readonly libraries: readonly string[];
}

/** One way to come by a private copy of the server without root; throws why it cannot. */
export interface FetchRoute {
  readonly origin: Exclude<RedisProgram['origin'], 'path'>;
  readonly title: string;
  fetch(target: FetchTarget): Promise<UnpackedProgram>;
}

/** As `1.4 MB`. */
export function megabytes(bytes: number): string {
  return `${(bytes / 1_000_000).toFixed(1)} MB`;
}
