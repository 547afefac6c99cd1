import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'yaml';
import { childrenOf } from './processes.ts';
import { Program } from './program.ts';

/** A port that was free a moment ago. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      const port = typeof address === 'object' && address !== null ? address.port : 0;
      server.close(() => {
        resolve(port);
      });
    });
  });
}

/** The parts of a start, by the name of their program. */
export type Part = 'gateway' | 'worker' | 'sandboxes' | 'redis';

/** A data folder and a port, and the starts of everything in it, as `npm start` does them. */
export class DataFolder {
  readonly path = mkdtempSync(join(tmpdir(), 'process-gateway-start-'));
  readonly port: number;
  readonly #programs: Program[] = [];

  private constructor(port: number) {
    this.port = port;
  }

  static async make(): Promise<DataFolder> {
    return new DataFolder(await freePort());
  }

  get baseUrl(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** Runs `dist/<name>.js` on the folder and the port. */
  run(name: 'start' | 'reset', env: Readonly<Record<string, string>> = {}): Program {
    const program = new Program(name, {
      // A gateway.yaml of the working folder would be used instead of the sandboxes.
      cwd: this.path,
      env: { GATEWAY_DATA: this.path, PORT: String(this.port), ...env },
    });
    this.#programs.push(program);
    return program;
  }

  /** Starts everything, and waits until it says that it is ready. */
  async start(env: Readonly<Record<string, string>> = {}): Promise<Program> {
    const program = this.run('start', env);
    await program.until(/is ready[\s\S]*Ctrl-C stops all of it/);
    return program;
  }

  /** Where the sandbox of a platform answers, as the configuration of the last start has it. */
  sandboxUrl(platform: string): string {
    const text = readFileSync(join(this.path, 'sandbox.gateway.yaml'), 'utf8');
    const config = parse(text) as { connections: Record<string, { baseUrl: string }> };
    return config.connections[platform]?.baseUrl ?? '';
  }

  /** Ends what still runs, and removes the folder. */
  async remove(): Promise<void> {
    const running = this.#programs.filter((program) => !program.hasEnded);
    await Promise.all(running.map((program) => program.stop()));
    rmSync(this.path, { recursive: true, force: true });
  }
}

/** The process id of a part that a start runs. Never 0, which would be this process's own group to a kill. */
export function pidOf(program: Program, part: Part): number {
  const pid = partsOf(program).get(part);
  if (pid === undefined) throw new Error(`the start runs no ${part}:\n${program.output}`);
  return pid;
}

/** The process ids of the parts that a start runs. */
export function partsOf({ pid }: Program): Map<Part, number> {
  const programs: readonly (readonly [Part, RegExp])[] = [
    ['gateway', /dist\/main\.js/],
    ['worker', /dist\/worker\.js/],
    ['sandboxes', /dist\/sandbox\.js/],
    ['redis', /(redis|valkey)-server/],
  ];
  const children = childrenOf(pid);
  return new Map(
    programs.flatMap(([part, pattern]) => {
      const found = children.find(({ command }) => pattern.test(command));
      return found === undefined ? [] : [[part, found.pid] as const];
    }),
  );
}
