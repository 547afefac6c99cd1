import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { LogBytes, RunRef } from '../../domain/run.ts';
import { impossible, refTo, RunningConcord } from './concord.runs.testing.ts';
import { signal } from './concord.testing.ts';

const concord = new RunningConcord();

describe('a log', () => {
  const read = async (
    { nativeId }: RunRef,
    from: number,
    to: number | null,
  ): Promise<LogBytes & { readonly bytes: Buffer }> => {
    const log = concord.parts().log;
    if (log.kind !== 'bytes') throw new Error('no bytes');
    const found = await log.read(nativeId, from, to, signal());
    if (found === null) throw new Error('no log');
    const chunks: Uint8Array[] = [];
    for await (const chunk of found.content) chunks.push(chunk);
    return { ...found, bytes: Buffer.concat(chunks) };
  };

  test('holds every byte that is asked for, across the borders of chunks and characters', async () => {
    const run = await concord.start('chatter', {
      lines: ['äöü', '日本語', '👩‍👩‍👧', 'x'.repeat(3_000)],
    });
    await concord.until(run, 'succeeded');
    const { bytes: all, size } = await read(run, 0, null);
    expect(all.length).toBe(size);
    expect(all.toString('utf8')).toContain('line 日本語\n');
    const at = fc.nat({ max: size + 5 });
    await fc.assert(
      fc.asyncProperty(at, fc.option(at), async (one, other) => {
        const [from, to] =
          other === null ? [one, null] : [Math.min(one, other), Math.max(one, other)];
        const part = await read(run, from, to);
        expect(part.bytes).toEqual(all.subarray(part.start, part.end));
        expect(part.size).toBe(size);
        const wanted = all.subarray(from, to ?? size);
        const got = part.bytes.subarray(from - part.start, (to ?? size) - part.start);
        if (wanted.length > 0) expect(got).toEqual(wanted);
      }),
      { numRuns: 60 },
    );
  });

  test('has nothing beyond its end yet, and at once what comes', async () => {
    const run = await concord.start('sleep', { seconds: 1 });
    let text = '';
    for (let next = 0, ended = false; ;) {
      const { bytes, start: first, end } = await read(run, next, null);
      text += bytes.subarray(Math.max(next - first, 0)).toString('utf8');
      next = Math.max(next, end);
      if (ended) break;
      ended = (await concord.parts().runs.get(run.nativeId, signal()))?.status === 'succeeded';
      await sleep(100);
    }
    expect(text).toBe((await read(run, 0, null)).bytes.toString('utf8'));
    expect(text).toMatch(/awake\n/);
  });

  test('of a failed start tells why', async () => {
    const run = await concord.start('no such flow');
    expect((await concord.until(run, 'failed')).error).toBeNull();
    expect((await read(run, 0, null)).bytes.toString('utf8')).toContain('Flow not found');
  });

  test.each([
    ['without a range', {}, 'upstream_contract'],
    ['with a range that is none', { 'content-range': 'bytes */7' }, 'upstream_contract'],
    ['with a range that runs backwards', { 'content-range': 'bytes 9-3/10' }, 'upstream_contract'],
  ])('%s is no log', async (_name, headers, code) => {
    const fault = { kind: 'status', status: 200, body: 'abc', headers } as const;
    concord.sandbox.faults.add({ path: '/log$', fault });
    await expect(read(refTo(randomUUID()), 0, null)).rejects.toMatchObject({ code });
  });

  test('that is longer or shorter than it says breaks while it is read', async () => {
    const headers = { 'content-range': 'bytes 0-5/5' };
    for (const body of ['abc', 'abcdefgh']) {
      concord.sandbox.faults.clear();
      concord.sandbox.faults.add({
        path: '/log$',
        fault: { kind: 'status', status: 200, body, headers },
      });
      await expect(read(refTo(randomUUID()), 0, null)).rejects.toMatchObject({
        code: 'upstream_contract',
      });
    }
  });

  test('of what is not there is null', async () => {
    const log = concord.parts().log;
    for (const id of [...impossible, randomUUID()])
      expect(log.kind === 'bytes' && (await log.read(id, 0, null, signal()))).toBeNull();
    const run = await concord.start('default');
    const other = concord.parts({ organizations: ['Finance'] }).log;
    expect(other.kind === 'bytes' && (await other.read(run.nativeId, 0, 5, signal()))).toBeNull();
  });
});
