import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream, mkdirSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { within } from '../timing/within.ts';
import { restartDelayMs, RestartLimit } from './restart-limit.ts';

/** A child cannot be kept alive; the message says why, with the end of its log. */
export class ChildFailedError extends Error {
  override readonly name = 'ChildFailedError';
}

/** How a child is started. */
export interface ChildOptions {
  readonly name: string;
  /** A file of JavaScript, and its arguments. */
  readonly program: readonly [string, ...string[]];
  readonly env: NodeJS.ProcessEnv;
  readonly logFile: string;
  readonly say: (line: string) => void;
}

/** A process that ends by itself sooner after its first start than this cannot run at all. */
const settledMs = 3_000;
const lastLines = 12;

/**
 * A process of the gateway's own, started again when it ends unasked. It has a process group of its own, so that Ctrl-C
 * reaches the starter alone, which ends everything in good order; and a channel, so that it ends when the starter is gone.
 */
export class Child {
  readonly #options: ChildOptions;
  #process: ChildProcess | null = null;
  #stopping = false;
  readonly #limit = new RestartLimit();
  #starts = 0;
  #startedAt = 0;
  #giveUp: (reason: Error) => void = () => undefined;
  /** Rejects when the child ends again and again. */
  readonly failed: Promise<never>;

  constructor(options: ChildOptions) {
    this.#options = options;
    this.failed = new Promise((_resolve, reject) => {
      this.#giveUp = reject;
    });
    // Whoever runs it may look at `failed` only later; until then a rejection must not pass for one that nobody handles.
    this.failed.catch(() => undefined);
  }

  /** Starts it; resolves with its first message. */
  async start(): Promise<unknown> {
    const child = this.#spawn();
    const [message] = (await Promise.race([once(child, 'message'), this.failed])) as [unknown];
    return message;
  }

  /** Starts it without waiting for anything. */
  launch(): void {
    this.#spawn();
  }

  /** Asks it to end, and kills it when it does not within `graceMs`. */
  async stop(graceMs: number): Promise<void> {
    this.#stopping = true;
    const child = this.#process;
    if (child === null || hasEnded(child)) return;
    const ended = once(child, 'exit');
    child.kill('SIGTERM');
    if ((await within(ended, graceMs)) !== null) return;
    child.kill('SIGKILL');
    await ended;
  }

  /** Ends it at once, where it was asked to end. */
  kill(): void {
    if (this.#stopping) this.#process?.kill('SIGKILL');
  }

  #spawn(): ChildProcess {
    const { program, env, logFile } = this.#options;
    mkdirSync(dirname(logFile), { recursive: true });
    const log = createWriteStream(logFile, { flags: 'a' });
    const child = spawn(process.execPath, ['--enable-source-maps', ...program], {
      env,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    child.stdout?.pipe(log, { end: false });
    child.stderr?.pipe(log, { end: false });
    child.once('exit', (code, signal) => {
      log.end();
      this.#ended(code, signal).catch((error: unknown) => {
        this.#giveUp(error as Error);
      });
    });
    this.#process = child;
    this.#limit.count();
    this.#starts += 1;
    this.#startedAt = Date.now();
    return child;
  }

  async #ended(code: number | null, signal: NodeJS.Signals | null): Promise<void> {
    if (this.#stopping) return;
    const { name, say, logFile } = this.#options;
    const how = signal ?? `code ${String(code)}`;
    const gaveUp = signal === null && Date.now() - this.#startedAt < settledMs;
    const neverRan = this.#starts === 1 && gaveUp;
    if (neverRan || this.#limit.isReached) {
      this.#giveUp(
        new ChildFailedError(
          `The ${name} ended (${how}). The end of ${logFile}:\n${tail(logFile)}`,
        ),
      );
      return;
    }
    say(`The ${name} ended (${how}); starting it again.`);
    await sleep(restartDelayMs);
    this.#spawnUnlessStopping();
  }

  #spawnUnlessStopping(): void {
    if (!this.#stopping) this.#spawn();
  }
}

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}

function tail(file: string): string {
  return readFileSync(file, 'utf8').trimEnd().split('\n').slice(-lastLines).join('\n');
}
