import { StartError } from './preflight.ts';

/** Says why a process cannot start, and ends it. */
export function failStart(error: unknown): void {
  const reason = error instanceof Error ? (error.stack ?? error.message) : String(error);
  process.stderr.write(`${error instanceof StartError ? error.message : reason}\n`);
  process.exit(1);
}
