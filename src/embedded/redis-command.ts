import { execFile } from 'node:child_process';
import { basename } from 'node:path';

/** The command is not on this machine. */
export class ToolMissing extends Error {}

export interface CommandOptions {
  readonly env: NodeJS.ProcessEnv;
  /** After this many ms the command is killed. */
  readonly timeoutMs: number;
  readonly cwd?: string;
}

/** Runs a command to its end and gives what it printed; throws in one line what went wrong. */
export function runCommand(
  command: string,
  args: readonly string[],
  options: CommandOptions,
): Promise<string> {
  const { env, timeoutMs, cwd } = options;
  const limits = { timeout: timeoutMs, killSignal: 'SIGKILL', maxBuffer: 2 ** 24 } as const;
  const name = basename(command);
  return new Promise((resolve, reject) => {
    execFile(command, args, { env, cwd, ...limits }, (error, stdout, stderr) => {
      if (error === null) {
        resolve(stdout);
      } else if (error.code === 'ENOENT') {
        reject(new ToolMissing(`${name} is not there`));
      } else if (error.killed === true) {
        reject(new Error(`${name} did not end within ${timeoutMs / 1000} s`));
      } else {
        const lastWords = stderr.trim().split('\n').at(-1);
        const end = error.signal ?? error.code ?? error.message;
        reject(new Error(`${name} failed (${end})${lastWords ? `: ${lastWords}` : ''}`));
      }
    });
  });
}
