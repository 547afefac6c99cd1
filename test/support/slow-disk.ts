import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { aloud } from './redis.ts';

/** A disk that takes its time for one process. */
export interface SlowDisk {
  /** Lets go of the process. */
  end(): Promise<void>;
}

/** Whatever a process asks its disk to keep takes `ms` longer; null, and said aloud, where that cannot be had (strace). */
export async function slowDisk(pid: number, ms: number): Promise<SlowDisk | null> {
  const calls = 'fdatasync,fsync';
  const delay = `inject=${calls}:delay_enter=${ms * 1_000}`;
  const tracer = spawn(
    'strace',
    ['-f', '-p', `${pid}`, '-e', `trace=${calls}`, '-e', delay, '-o', '/dev/null'],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  );
  const ended = new Promise<void>((resolve) => {
    tracer.once('exit', () => {
      resolve();
    });
    tracer.once('error', () => {
      resolve();
    });
  });
  const attached = once(tracer.stderr, 'data').then(([said]) => String(said).includes('attached'));
  const isThere = await Promise.race([
    attached,
    ended.then(() => false),
    sleep(5_000, false, { ref: false }),
  ]);
  const end = async (): Promise<void> => {
    tracer.kill('SIGKILL');
    await ended;
  };
  if (isThere) {
    tracer.stderr.destroy();
    return { end };
  }
  await end();
  aloud('NOT TESTED: a slow disk of Redis, which takes strace and the right to trace a process.');
  return null;
}
