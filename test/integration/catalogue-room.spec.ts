import { describe, expect, it } from '@jest/globals';
import { ControlledReads, down } from '../support/controlled-reads.ts';
import { ControlledList, processOf } from '../support/controlled-list.ts';
import { eventually } from '../support/eventually.ts';
import { Replicas } from '../support/replicas.ts';

const replicas = new Replicas();
const reads = new ControlledReads(replicas);
const others = new ControlledReads(replicas);
const kilobyte = 1_024;
const maxReadBytes = 120 * kilobyte;
const things = Array.from({ length: 30 }, (_, n) => `thing-${n}`);

/** What Redis needs for the values of these keys. */
async function bytesOf(pattern: string, field?: string): Promise<number> {
  const { client } = replicas.redis;
  const sizes = (await replicas.keys(pattern)).map((key) =>
    field === undefined ? client.strlen(key) : client.hstrlen(key, field),
  );
  return (await Promise.all(sizes)).reduce((sum, each) => sum + each, 0);
}

const ofReads = '*{erp}:cell:read:*';

describe('what single reads take in Redis', () => {
  it('stays within its limit, however many things are read: the oldest make room', async () => {
    const a = await replicas.open([], { maxReadBytes });
    for (const thing of things) {
      reads.upstream[thing] = { text: thing.padEnd(10 * kilobyte, 'x') };
      await reads.read(a, { what: ['process', thing] });
    }
    const bytes = await bytesOf(ofReads, 'value');
    expect(bytes).toBeLessThanOrEqual(maxReadBytes);
    expect(bytes).toBeGreaterThan(maxReadBytes / 2);
    expect(reads.fetches).toBe(30);
    // On a replica that has nothing in its own memory.
    const b = await replicas.open([], { maxReadBytes });
    expect((await reads.read(b, { what: ['process', 'thing-29'] })).forwarded).toBeNull();
    expect((await reads.read(b, { what: ['process', 'thing-0'] })).forwarded).toBe('uri-miss');
  });

  it('counts a thing that is read again once', async () => {
    const a = await replicas.open([], { maxReadBytes, timing: { forcedApart: 0 } });
    reads.upstream = { small: { is: 'small' }, large: { text: 'x'.repeat(50 * kilobyte) } };
    await reads.read(a, { what: ['process', 'small'] });
    for (let again = 0; again < 5; again += 1)
      await reads.read(a, { what: ['process', 'large'], cacheControl: 'no-cache' });
    expect(await replicas.keys(ofReads)).toHaveLength(2);
  });

  it('takes a thing that is larger than all of it, alone', async () => {
    const a = await replicas.open([], { maxReadBytes });
    reads.upstream = { huge: { text: 'x'.repeat(2 * maxReadBytes) }, small: { is: 'small' } };
    await reads.read(a, { what: ['process', 'small'] });
    const { value } = await reads.read(a, { what: ['process', 'huge'] });
    expect(value).toEqual(reads.upstream['huge']);
    expect(await replicas.keys(ofReads)).toHaveLength(1);
    await reads.read(a, { what: ['process', 'small'] });
    expect(await bytesOf(ofReads, 'value')).toBeLessThan(kilobyte);
  });

  it('makes no room of a thing that is being read: who asks for it anew gets it as it is', async () => {
    for (const failure of [null, down]) {
      reads.upstream = { mine: { version: 1 }, big: { text: 'x'.repeat(maxReadBytes) } };
      const options = { maxReadBytes, timing: { forcedApart: 0, failureHold: 0 } };
      const [asked, other] = [await replicas.open([], options), await replicas.open([], options)];
      const mine = (cacheControl = '', at = asked) =>
        reads
          .read(at, { what: ['process', 'mine'], cacheControl })
          .then(({ value }) => value, String);
      await mine();
      reads.hold();
      reads.error = failure;
      const again = mine('no-cache');
      await eventually(async () => {
        expect(await replicas.keys('*{erp}:lease:*')).toHaveLength(1);
      });
      // What is read meanwhile takes all of the room.
      others.upstream = { ...reads.upstream };
      await others.read(other, { what: ['process', 'big'] });
      reads.upstream['mine'] = { version: 2 };
      const newer = mine('no-cache', other);
      reads.release();
      reads.error = null;
      await again;
      expect(await newer).toEqual({ version: 2 });
      reads.upstream['mine'] = { version: 3 };
      expect(await mine('no-cache')).toEqual({ version: 3 });
      reads.upstream['mine'] = { version: 4 };
      await asked.cells.mark('erp');
      expect(await mine()).toEqual({ version: 4 });
    }
  });

  it('counts what there is not, and what cannot be read, whatever callers call it', async () => {
    const a = await replicas.open([], { maxReadBytes });
    for (let n = 0; n < 300; n += 1) {
      reads.error = n % 2 === 0 ? down : null;
      const what = ['process', `${'A'.repeat(5_000)}${n}`];
      await reads.read(a, { what }).catch(() => null);
    }
    const { client } = replicas.redis;
    const keys = await replicas.keys('*{erp}:*');
    const sizes = await Promise.all(keys.map((key) => client.memory('USAGE', key)));
    const sum = sizes.reduce<number>((total, each) => total + (each ?? 0), 0);
    expect(keys.length).toBeGreaterThan(100);
    expect(sum).toBeLessThan(maxReadBytes * 1.5);
  });

  it('does not count what has ended', async () => {
    const a = await replicas.open([], { maxReadBytes });
    reads.upstream = { one: { text: 'x'.repeat(100 * kilobyte) }, two: { is: 'small' } };
    await reads.read(a, { what: ['process', 'one'] });
    const { client } = replicas.redis;
    const [one = ''] = await replicas.keys(ofReads);
    await client.del(one);
    const [ends = ''] = await replicas.keys('*{erp}:reads:ends');
    await client.zadd(ends, 1, one);
    await reads.read(a, { what: ['process', 'two'] });
    expect(await client.zcard(ends)).toBe(1);
    const [bytes = ''] = await replicas.keys('*{erp}:reads:bytes');
    expect(Number(await client.hget(bytes, ''))).toBeLessThan(kilobyte);
  });
});

describe('what ready answers take in Redis', () => {
  it('stays within its limit, however many queries there are', async () => {
    const erp = new ControlledList('erp');
    erp.processes = [processOf('erp', 'Large', { description: 'x'.repeat(8 * kilobyte) })];
    const a = await replicas.over([erp], { maxReadBytes });
    for (let n = 0; n < 40; n += 1) await a.list({ limit: n + 1 });
    await eventually(async () => {
      const bytes = await bytesOf('*{answers}:answer:*');
      expect(bytes).toBeGreaterThan(maxReadBytes / 2);
      expect(bytes).toBeLessThanOrEqual(maxReadBytes);
    });
  });
});
