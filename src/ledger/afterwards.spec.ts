import { describe, expect, it } from '@jest/globals';
import { pino } from 'pino';
import { Afterwards } from './afterwards.ts';

const id = 'erp:1';
const long = 60_000;

/** What is logged, as levels and sentences. */
function logged(): { readonly lines: string[]; readonly afterwards: Afterwards } {
  const lines: string[] = [];
  const write = (line: string): void => {
    const { level, msg } = JSON.parse(line) as { level: number; msg: string };
    lines.push(`${level} ${msg}`);
  };
  return { lines, afterwards: new Afterwards(pino({ level: 'info' }, { write })) };
}

describe('what was learnt', () => {
  it('is stored before its caller goes on, where that succeeds', async () => {
    const { lines, afterwards } = logged();
    let times = 0;
    await afterwards.store(id, () => Promise.resolve((times += 1)), long);
    await afterwards.close();
    expect([times, lines]).toEqual([1, []]);
  });

  it('is stored later where that fails, and the caller goes on', async () => {
    const { lines, afterwards } = logged();
    let isBack = false;
    let times = 0;
    const work = (): Promise<void> => {
      times += 1;
      return isBack ? Promise.resolve() : Promise.reject(new Error('Redis is away.'));
    };
    await afterwards.store(id, work, long);
    isBack = true;
    await afterwards.close();
    expect(times).toBeGreaterThan(1);
    expect(lines).toEqual([
      '40 What was learnt cannot be stored; it is tried again',
      '30 What was learnt is stored',
    ]);
  });

  it('holds nobody up who has to end, though it never ends itself', async () => {
    const { lines, afterwards } = logged();
    let times = 0;
    const work = (): Promise<void> => {
      times += 1;
      if (times === 1) return Promise.reject(new Error('Redis is away.'));
      return new Promise(() => undefined);
    };
    await afterwards.store(id, work, long);
    await afterwards.close(0);
    expect([times, lines.at(-1)]).toEqual([
      2,
      '50 What was learnt is still being stored, and is given up',
    ]);
  });

  it.each([
    ['it does not matter any more', 0, 5_000],
    ['the process has to end', long, 0],
  ])('is said to be forgotten once %s', async (_when, forMs, closeMs) => {
    const { lines, afterwards } = logged();
    await afterwards.store(id, () => Promise.reject(new Error('Redis is away.')), forMs);
    await afterwards.close(closeMs);
    expect(lines.at(-1)).toBe('50 What was learnt could not be stored, and is forgotten');
  });
});
