import { execFileSync } from 'node:child_process';

/** A process that another one has started. */
export interface ChildProcessInfo {
  readonly pid: number;
  /** Its command line. */
  readonly command: string;
}

/** The processes whose parent is this one now. */
export function childrenOf(parent: number): ChildProcessInfo[] {
  const table = execFileSync('ps', ['-A', '-o', 'pid=,ppid=,args='], { encoding: 'utf8' });
  return table.split('\n').flatMap((line) => {
    const [, pid, ppid, command = ''] = /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(line) ?? [];
    return Number(ppid) === parent ? [{ pid: Number(pid), command }] : [];
  });
}

/** Whether a process still runs; one that nobody has asked how it ended does not. */
export function runs(pid: number): boolean {
  try {
    const state = execFileSync('ps', ['-o', 'state=', '-p', String(pid)], { encoding: 'utf8' });
    return !state.trim().startsWith('Z');
  } catch {
    return false; // ps knows no such process.
  }
}
