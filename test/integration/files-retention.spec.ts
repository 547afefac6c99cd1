import { afterAll, afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdtemp, readdir, rm, utimes } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { StoreUnavailableError } from '../../src/domain/errors.ts';
import { DirectoryStore } from '../../src/files/directory-store.ts';
import { EndedFiles } from '../../src/files/ended-files.ts';
import { contentOf } from '../../src/files/file-store.testing.ts';
import { FilesSweep } from '../../src/files/files-sweep.ts';
import { SentFiles } from '../../src/files/sent-files.ts';
import { silent } from '../support/ledger.ts';
import { freshRedis } from '../support/redis.ts';

const redis = freshRedis('files');
const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
let tests = 0;
let folder: string;
let store: FragileStore;
let ended: EndedFiles;

/** A folder that may refuse to let anything go. */
class FragileStore extends DirectoryStore {
  isStuck = false;
  removals = 0;

  override async remove(id: string): Promise<void> {
    if (this.isStuck) throw new StoreUnavailableError('It is stuck.');
    this.removals += 1;
    await super.remove(id);
  }
}

beforeEach(async () => {
  tests += 1;
  folder = await mkdtemp(join(tmpdir(), 'files-'));
  store = new FragileStore(folder);
  ended = new EndedFiles(redis.client, `${redis.prefix}${tests}`);
});
afterEach(() => rm(folder, { recursive: true }));
afterAll(() => redis.close());

/** What sends, and what sweeps, of one worker. */
function worker(retention: number, of = ended): { sent: SentFiles; sweep: FilesSweep } {
  const files = { retention, maxBytes: 1, directory: folder, s3: null };
  const sweep = new FilesSweep(store, of, { files }, silent);
  return { sent: new SentFiles(store, of, retention, silent), sweep };
}

async function write(count: number): Promise<string[]> {
  const files = Array.from({ length: count }, () => store.write(contentOf(Buffer.from('a'))));
  return (await Promise.all(files)).map(({ id }) => id).sort();
}

const kept = async (): Promise<string[]> => (await readdir(folder)).sort();
const key = (): string => `${redis.prefix}${tests}:files:ended`;
/** What waits for its time, and when that is. */
const waiting = (): Promise<string[]> => redis.client.zrange(key(), '0', '-1', 'WITHSCORES');

/** The time of all that wait for it has come. */
async function elapse(): Promise<void> {
  const ids = await redis.client.zrange(key(), '0', '-1');
  for (const id of ids) await redis.client.zadd(key(), 1, id);
}

describe('files of what has ended', () => {
  it('go at once where nothing is to be kept, and leave nothing in Redis', async () => {
    const { sent } = worker(0);
    const [file = '', other = ''] = await write(2);
    await sent.removeFiles([file]);
    expect(await kept()).toEqual([other]);
    expect(await waiting()).toEqual([]);
    await expect(sent.openFile(file)).rejects.toMatchObject({ code: 'not_found' });
  });

  it('go when their time is over, which begins once however often they are let go of', async () => {
    const { sent, sweep } = worker(hourMs);
    const files = await write(2);
    await sent.removeFiles(files);
    const begun = await waiting();
    const leftMs = Number(begun[1]) - Date.now();
    expect(leftMs).toBeGreaterThan(hourMs - 60_000);
    expect(leftMs).toBeLessThanOrEqual(hourMs + 1_000);
    await sweep.removeEnded();
    await sent.removeFiles(files);
    expect(await waiting()).toEqual(begun);
    expect(await kept()).toEqual(files);
    (await sent.openFile(files[0] ?? '')).destroy();
    await elapse();
    await sweep.removeEnded();
    expect([await kept(), await waiting()]).toEqual([[], []]);
  });

  it('may be many, which workers share', async () => {
    const workers = [worker(hourMs), worker(hourMs), worker(hourMs)];
    const files = await write(350);
    await workers[0]?.sent.removeFiles(files);
    await elapse();
    await Promise.all(workers.map(({ sweep }) => sweep.removeEnded()));
    expect([await kept(), await waiting()]).toEqual([[], []]);
    expect(store.removals).toBe(350);
  });

  it.each([0, hourMs])('that cannot be removed go later (kept for %d ms)', async (retention) => {
    const { sent, sweep } = worker(retention);
    const files = await write(3);
    store.isStuck = true;
    await sent.removeFiles(files);
    await elapse();
    await sweep.removeEnded();
    store.isStuck = false;
    // Whoever took them might still be at it.
    await sweep.removeEnded();
    expect(await kept()).toEqual(files);
    await elapse();
    await sweep.removeEnded();
    expect([await kept(), await waiting()]).toEqual([[], []]);
  });

  it('are left to the other sweep while Redis is away', async () => {
    const away = new Redis({ port: 1, lazyConnect: true, enableOfflineQueue: false });
    away.on('error', () => undefined);
    const { sent, sweep } = worker(1_000, new EndedFiles(away, 'away'));
    const files = await write(1);
    await sent.removeFiles(files);
    await sweep.removeEnded();
    expect(await kept()).toEqual(files);
    away.disconnect();
  });
});

it('files that were left over go after two days, and as long again as any is kept', async () => {
  const ages = [1, 3, 5];
  const files = await write(ages.length);
  for (const [at, days] of ages.entries()) {
    const then = new Date(Date.now() - days * dayMs);
    await utimes(join(folder, files[at] ?? ''), then, then);
  }
  await worker(2 * dayMs).sweep.removeLeftOver();
  expect(await kept()).toEqual(files.slice(0, 2));
  await worker(0).sweep.removeLeftOver();
  expect(await kept()).toEqual(files.slice(0, 1));
});
