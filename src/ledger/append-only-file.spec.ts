import { describe, expect, it } from '@jest/globals';
import { AppendOnlyFile } from './append-only-file.ts';

/** How Redis says that it stands: bytes that wait, bytes that are written, and whether the disk is busy. */
interface Standing {
  readonly waiting: number;
  readonly written: number;
  readonly isBusy?: boolean;
}

/** A Redis that stands so, one look after the other, and stays as it stood last. */
class ToldRedis {
  looks = 0;
  readonly #standings: readonly Standing[];

  constructor(...standings: readonly Standing[]) {
    this.#standings = standings;
  }

  info(): Promise<string> {
    const at = Math.min(this.looks, this.#standings.length - 1);
    this.looks += 1;
    const { waiting = 0, written = 0, isBusy = true } = this.#standings[at] ?? {};
    const fields = [
      'aof_enabled:1',
      `aof_current_size:${written}`,
      `aof_buffer_length:${waiting}`,
      `aof_pending_bio_fsync:${Number(isBusy)}`,
    ];
    return Promise.resolve(`# Persistence\r\n${fields.join('\r\n')}\r\n`);
  }
}

describe('what was answered is written', () => {
  it.each([
    ['where nothing waits', 1, [{ waiting: 0, written: 100 }]],
    ['where the disk is not busy', 1, [{ waiting: 30, written: 100, isBusy: false }]],
    [
      'once more is in the file, however much of others waits by then',
      3,
      [
        { waiting: 30, written: 100 },
        { waiting: 60, written: 100 },
        { waiting: 900, written: 160 },
      ],
    ],
    [
      'once less waits, though the file was written anew meanwhile',
      3,
      [
        { waiting: 30, written: 100 },
        { waiting: 60, written: 40 },
        { waiting: 50, written: 90 },
      ],
    ],
  ] as const)('%s', async (_when, looks, standings) => {
    const redis = new ToldRedis(...standings);
    await new AppendOnlyFile(redis).wait();
    expect(redis.looks).toBe(looks);
  });

  it('as one look says to all who ask at the same time, and another to those who ask later', async () => {
    const redis = new ToldRedis({ waiting: 0, written: 100 });
    const file = new AppendOnlyFile(redis);
    await Promise.all(Array.from({ length: 16 }, () => file.wait()));
    expect(redis.looks).toBe(1);
    await file.wait();
    expect(redis.looks).toBe(2);
  });

  it('not while only more and more of it waits', async () => {
    const growing = Array.from({ length: 1_000 }, (_, at) => ({ waiting: at + 1, written: 100 }));
    const waiting = new AppendOnlyFile(new ToldRedis(...growing)).wait();
    await expect(waiting).rejects.toMatchObject({
      code: 'store_unavailable',
      details: { outcome: 'not_sent' },
    });
  });

  it('nowhere, where Redis keeps no file, which is waited for by nobody', async () => {
    const info = (): Promise<string> => Promise.resolve('# Persistence\r\naof_enabled:0\r\n');
    await expect(new AppendOnlyFile({ info }).wait()).resolves.toBeUndefined();
  });
});
