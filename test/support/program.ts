import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { eventually } from './eventually.ts';

/** A line of a structured log. */
export interface LogLine {
  readonly level: string;
  readonly msg: string;
  readonly [member: string]: unknown;
}

/** How a program ended. */
export interface Ending {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** What a program is started with. */
export interface ProgramOptions {
  readonly args?: readonly string[];
  /** The whole environment, but what says where programs and caches are. */
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
}

const inherited = ['PATH', 'HOME', 'XDG_CACHE_HOME', 'GATEWAY_CACHE', 'TMPDIR'];
/** A started program may need so long on a machine with more to do, in ms. */
const startMs = 60_000;
const endMs = 30_000;

/** A program of `dist/` that runs as a process of its own, in a process group of its own. */
export class Program {
  readonly #child: ChildProcess;
  readonly #name: string;
  #printed = '';
  #complained = '';
  readonly ended: Promise<Ending>;

  /** Starts `dist/<name>.js`. */
  constructor(name: string, { args = [], env, cwd }: ProgramOptions) {
    const here = inherited.flatMap((each) => {
      const value = process.env[each];
      return value === undefined ? [] : [[each, value] as const];
    });
    const file = fileURLToPath(new URL(`../../dist/${name}.js`, import.meta.url));
    this.#name = name;
    this.#child = spawn(process.execPath, ['--enable-source-maps', file, ...args], {
      env: { ...Object.fromEntries(here), ...env },
      cwd,
      detached: true,
      // With a channel it ends by itself when the test run is killed.
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    this.ended = new Promise((resolve) => {
      this.#child.once('exit', (code, signal) => {
        resolve({ code, signal });
      });
    });
    const { stdout, stderr } = this.#child;
    stdout?.setEncoding('utf8').on('data', (text: string) => (this.#printed += text));
    stderr?.setEncoding('utf8').on('data', (text: string) => (this.#complained += text));
  }

  get pid(): number {
    if (this.#child.pid === undefined) throw new Error(`${this.#name} could not be started`);
    return this.#child.pid;
  }

  get hasEnded(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  /** Everything that it has printed, on standard output and then on standard error. */
  get output(): string {
    return this.#printed + this.#complained;
  }

  /** What it has logged. */
  logs(): LogLine[] {
    const lines = this.#printed.split('\n').filter((line) => line.startsWith('{'));
    return lines.map((line) => JSON.parse(line) as LogLine);
  }

  /** Waits until it has printed something that matches. */
  async until(pattern: RegExp, withinMs = startMs): Promise<RegExpExecArray> {
    const match = await eventually(() => {
      const found = pattern.exec(this.output);
      if (found === null && !this.hasEnded) throw new Error(this.#missing(pattern));
      return found;
    }, withinMs);
    if (match === null) throw new Error(this.#missing(pattern));
    return match;
  }

  /** Sends a signal to it alone. */
  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Sends a signal to its whole process group, as a terminal does for Ctrl-C. */
  signalGroup(signal: NodeJS.Signals): void {
    process.kill(-this.pid, signal);
  }

  /** Waits for its end, which has been asked for. */
  async end(withinMs = endMs): Promise<Ending> {
    await eventually(() => {
      if (!this.hasEnded) throw new Error(`${this.#name} does not end:\n${this.output}`);
    }, withinMs);
    return this.ended;
  }

  /** Reads nothing more of what it prints, as a terminal that is closed, or the end of a pipe that is gone. */
  stopReading(): void {
    this.#child.stdout?.destroy();
    this.#child.stderr?.destroy();
  }

  /** Asks it to end in good order, and waits for that. */
  stop(): Promise<Ending> {
    this.signal('SIGTERM');
    return this.end();
  }

  /** Ends it in its tracks. */
  kill(): Promise<Ending> {
    this.signal('SIGKILL');
    return this.end();
  }

  #missing(pattern: RegExp): string {
    const state = this.hasEnded ? 'has ended without saying' : 'does not say';
    return `${this.#name} ${state} ${String(pattern)}:\n${this.output}`;
  }
}
