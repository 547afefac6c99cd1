import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** A start of the embedded Redis in a process and a process group of its own. */
export interface Starter {
  readonly child: ChildProcess;
  /** Waits for a printed line that matches. */
  until(pattern: RegExp): Promise<RegExpExecArray>;
  /** Sends a signal to the whole group, as a terminal does, and waits for the start's end. */
  signalGroup(signal: NodeJS.Signals): Promise<void>;
}

const here = (name: string) => fileURLToPath(new URL(name, import.meta.url));

export function startStarter(dataDir: string, env: NodeJS.ProcessEnv): Starter {
  const child = spawn(
    process.execPath,
    ['--import', here('typescript.js'), here('start-redis.ts'), dataDir],
    { env, detached: true, stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const ended = once(child, 'exit');
  const lines: string[] = [];
  const reader = createInterface({ input: child.stdout });
  reader.on('line', (line) => lines.push(line));
  return {
    child,
    until: async (pattern) => {
      for (;;) {
        const match = lines.map((line) => pattern.exec(line)).find((found) => found !== null);
        if (match) return match;
        await Promise.race([once(reader, 'line'), once(reader, 'close')]);
        if (child.exitCode !== null) throw new Error(`the start ended: ${lines.join('\n')}`);
      }
    },
    signalGroup: async (signal) => {
      if (child.pid !== undefined) process.kill(-child.pid, signal);
      await ended;
    },
  };
}
