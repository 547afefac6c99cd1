import { ChildFailedError } from './embedded/child.ts';
import { CacheFolderError } from './embedded/redis-fetch.ts';
import { RedisNotFoundError } from './embedded/redis-find.ts';
import { RedisStartError } from './embedded/redis-launch.ts';
import { Everything } from './embedded/start-all.ts';
import { StartError } from './preflight.ts';

/** `npm start`: everything that a newcomer needs, from one command. */
const say = (line: string): void => {
  process.stdout.write(`${line}\n`);
};
// Nobody may be left to read: the terminal was closed, or what the output was piped into has ended. All the more has
// everything to end in good order.
for (const output of [process.stdout, process.stderr]) output.on('error', () => undefined);
const everything = new Everything(process.env, say);
let ending: Promise<never> | null = null;
let endingSince = 0;
/** npm passes on the Ctrl-C that a terminal has told everybody: that is no second one. */
const sameMs = 1_000;

function end(code: number): Promise<never> {
  if (ending === null) endingSince = performance.now();
  ending ??= everything.stop().then(() => process.exit(code));
  return ending;
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => {
    if (ending === null) say('\n  Stopping … (again: at once, without waiting for answers)');
    else if (performance.now() - endingSince >= sameMs) everything.hurry();
    void end(0);
  });
}

/** What went wrong: a sentence where it is meant for people, the stack where it is a defect. */
function describe(error: unknown): string {
  const forPeople = [
    CacheFolderError,
    StartError,
    RedisNotFoundError,
    RedisStartError,
    ChildFailedError,
  ];
  if (forPeople.some((kind) => error instanceof kind)) return (error as Error).message;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

async function main(): Promise<void> {
  await everything.start();
  await everything.failed();
}

main().catch((error: unknown) => {
  if (ending === null) process.stderr.write(`${describe(error)}\n`);
  void end(1);
});
