import { execFileSync } from 'node:child_process';
import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { endLeftRedis, startEmbeddedRedis } from '../../src/embedded/redis-server.ts';
import { ask, DataFolders, get, portOf, put } from '../support/data-folders.ts';
import { testProgram } from '../support/redis.ts';
import { startStarter } from '../support/starter.ts';

const folders = new DataFolders();
beforeAll(testProgram, 180_000);
afterEach(() => folders.cleanUp());

/** A start in another process, which holds the server until it is ended by a signal. */
async function startElsewhere(dataDir: string) {
  const starter = startStarter(dataDir, process.env);
  const pid = Number((await starter.until(/^started (\d+)/))[1]);
  return { pid, signalGroup: (signal: NodeJS.Signals) => starter.signalGroup(signal) };
}

const argumentsOf = async (pid: number) =>
  process.platform === 'linux'
    ? readFile(`/proc/${pid}/cmdline`, 'utf8')
    : execFileSync('ps', ['-o', 'args=', '-p', String(pid)]).toString();

describe('the embedded Redis', () => {
  it('is durable, on loopback, and opens only to who may read its folder', async () => {
    const dataDir = await folders.make();
    const { url, pid } = await folders.start(dataDir);
    for (const [name, value] of [
      ['appendonly', 'yes'],
      ['appendfsync', 'everysec'],
      ['maxmemory-policy', 'noeviction'],
      ['bind', '127.0.0.1'],
    ] as const) {
      expect(await ask(url, (client) => client.config('GET', name))).toEqual([name, value]);
    }
    await expect(get(`redis://127.0.0.1:${portOf(url)}`, 'any')).rejects.toThrow(/NOAUTH/);
    const home = join(dataDir, 'redis');
    expect((await stat(home)).mode & 0o077).toBe(0);
    const { password } = new URL(url);
    expect(password).toHaveLength(48);
    const log = await readFile(join(home, 'redis.log'), 'utf8');
    expect((await argumentsOf(pid)) + log + folders.said.join()).not.toContain(password);
  });

  it('keeps its data and its port over a stop, and leaves no process', async () => {
    const dataDir = await folders.make();
    const first = await folders.start(dataDir);
    await put(first.url, 'invoice');
    await first.stop();
    await first.ended;
    expect(() => process.kill(first.pid, 0)).toThrow(/ESRCH/);
    const second = await folders.start(dataDir);
    expect(second).toMatchObject({ url: first.url, adopted: false });
    expect(await get(second.url, 'invoice')).toBe('kept');
  });

  it('keeps what was acknowledged a second before it was killed', async () => {
    const dataDir = await folders.make();
    const first = await folders.start(dataDir);
    await put(first.url, 'invoice');
    await sleep(1_100);
    process.kill(first.pid, 'SIGKILL');
    await first.ended;
    expect(await get((await folders.start(dataDir)).url, 'invoice')).toBe('kept');
  });

  it('outlives a killed start and is taken up by the next one', async () => {
    const dataDir = await folders.make();
    const killed = await startElsewhere(dataDir);
    await killed.signalGroup('SIGKILL');
    const redis = await folders.start(dataDir);
    expect(redis).toMatchObject({ pid: killed.pid, adopted: true });
    await put(redis.url, 'invoice');
    await redis.stop();
    const next = await folders.start(dataDir);
    expect(next.adopted).toBe(false);
    expect(await get(next.url, 'invoice')).toBe('kept');
  }, 30_000);

  it('is not reached by the Ctrl-C that ends its start', async () => {
    const dataDir = await folders.make();
    const interrupted = await startElsewhere(dataDir);
    await interrupted.signalGroup('SIGINT');
    // A server that had heard it would take so long at most to end.
    await sleep(500);
    const redis = await folders.start(dataDir);
    expect(redis).toMatchObject({ pid: interrupted.pid, adopted: true });
  }, 30_000);

  it('can be ended after a killed start, but not while one uses it', async () => {
    const dataDir = await folders.make();
    const { pid, signalGroup } = await startElsewhere(dataDir);
    expect(await endLeftRedis(dataDir)).toBe(false);
    expect(() => process.kill(pid, 0)).not.toThrow();
    await signalGroup('SIGKILL');
    expect(await endLeftRedis(dataDir)).toBe(true);
    expect(await folders.start(dataDir)).toMatchObject({ adopted: false });
  }, 30_000);

  it('is one for all starts at a time, and ends with the last of them', async () => {
    const dataDir = await folders.make();
    const [first, second, third] = await Promise.all([
      folders.start(dataDir),
      folders.start(dataDir),
      folders.start(dataDir),
    ]);
    const all = [first, second, third];
    expect(new Set(all.map(({ pid }) => pid)).size).toBe(1);
    expect(all.filter(({ adopted }) => !adopted)).toHaveLength(1);
    await Promise.all([first.stop(), second.stop()]);
    await put(third.url, 'invoice');
    await third.stop();
    await Promise.all(all.map(({ ended }) => ended));
    await expect(get(third.url, 'invoice')).rejects.toThrow(/closed/i);
  });

  it('says with the end of its log why it does not start', async () => {
    const dataDir = await folders.make();
    await (await folders.start(dataDir)).stop();
    const files = join(dataDir, 'redis', 'appendonlydir');
    for (const name of await readdir(files)) await writeFile(join(files, name), 'garbage\n');
    const failure = folders.start(dataDir);
    await expect(failure).rejects.toThrow(/does not start. The end of .*redis.log/);
    await expect(failure).rejects.toThrow(/AOF|manifest/i);
  });

  it('is not started by a program that is too old for the data', async () => {
    const dataDir = await folders.make();
    await (await folders.start(dataDir)).stop();
    const old = { ...(await testProgram()), version: '6.2.14' };
    const failure = startEmbeddedRedis({ dataDir, program: old, say: () => undefined });
    await expect(failure).rejects.toThrow(/6\.2\.14 and cannot read/);
  });
});
