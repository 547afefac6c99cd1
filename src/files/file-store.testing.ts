import { beforeEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { createHash } from 'node:crypto';
import type { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import type { FileStore } from './file-store.ts';

/** A store as the tests of the contract see it. */
export interface StoreUnderTest {
  readonly store: FileStore;
  /** Names of everything that lies there, whole or not, sorted; a whole file's is its id. */
  kept(): Promise<string[]>;
  /** Leaves half of a file behind, as a process that is killed; gives its name. */
  breakOff(): Promise<string>;
  /** Puts something there that is none of the store's; gives its name. */
  putStrange(): Promise<string>;
  /** Makes it seem as if it had been there since 1970. */
  age(name: string): Promise<void>;
}

const megabyte = 1_024 ** 2;

/** A content in these pieces, with a fault as its end where that is one of them. */
// eslint-disable-next-line @typescript-eslint/require-await -- a content is asynchronous
export async function* contentOf(
  ...chunks: readonly (Uint8Array | Error)[]
): AsyncGenerator<Uint8Array> {
  for (const chunk of chunks) {
    if (chunk instanceof Error) throw chunk;
    yield chunk;
  }
}

const text = (...texts: readonly string[]): AsyncGenerator<Uint8Array> =>
  contentOf(...texts.map((each) => Buffer.from(each)));

/** What every store has to do; `open` makes one with nothing in it. */
export function describeStore(name: string, open: () => Promise<StoreUnderTest>): void {
  let opened!: StoreUnderTest;
  beforeEach(async () => {
    opened = await open();
  });
  const under = (): StoreUnderTest => opened;
  describe(`a file in ${name}`, () => {
    describeReading(under);
    describeLeaving(under);
  });
  describe(name, () => {
    describeRest(under);
  });
}

/** The store of the test that runs. */
type Under = () => StoreUnderTest;

function describeReading(under: Under): void {
  test('has the content that came, its length and its hash, in whatever pieces it came', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.uint8Array({ maxLength: 5_000 })), async (chunks) => {
        const whole = Buffer.concat(chunks);
        const { id, length, sha256 } = await under().store.write(contentOf(...chunks));
        expect(await buffer(await under().store.open(id))).toEqual(whole);
        expect(length).toBe(whole.length);
        expect(sha256).toBe(createHash('sha256').update(whole).digest('hex'));
      }),
      { numRuns: 30 },
    );
  });

  test('may be larger than what is sent at once', async () => {
    const pieces = Array.from({ length: 12 }, (_, at) => Buffer.alloc(megabyte, at));
    const { id, length } = await under().store.write(contentOf(...pieces));
    expect(length).toBe(12 * megabyte);
    expect((await buffer(await under().store.open(id))).equals(Buffer.concat(pieces))).toBe(true);
    const seam = await buffer(
      await under().store.open(id, { start: megabyte - 1, end: megabyte + 1 }),
    );
    expect([...seam]).toEqual([0, 1]);
  });

  test('is read in parts, of which only those are there that it has', async () => {
    const whole = Buffer.from('0123456789');
    const { id } = await under().store.write(contentOf(whole));
    const at = fc.oneof(fc.nat({ max: 12 }), fc.constant(Number.POSITIVE_INFINITY));
    await fc.assert(
      fc.asyncProperty(fc.nat({ max: 12 }), at, async (start, end) => {
        const part = await buffer(await under().store.open(id, { start, end }));
        expect(part.toString()).toBe(start < end ? whole.toString().slice(start, end) : '');
      }),
      { numRuns: 60 },
    );
  });
}

function describeLeaving(under: Under): void {
  test('may be empty, in whole and in part', async () => {
    const { id, length } = await under().store.write(contentOf());
    expect(length).toBe(0);
    for (const range of [undefined, { start: 0, end: 0 }, { start: 0, end: 5 }])
      expect(await buffer(await under().store.open(id, range))).toHaveLength(0);
  });

  test('that was opened need not be read', async () => {
    const { id } = await under().store.write(contentOf(Buffer.alloc(megabyte)));
    const opened = await Promise.all(Array.from({ length: 20 }, () => under().store.open(id)));
    await Promise.all(opened.map(closed));
    expect(await buffer(await under().store.open(id))).toHaveLength(megabyte);
  });

  test('that was removed is gone, and can be removed again', async () => {
    const { id } = await under().store.write(text('a'));
    expect(await under().kept()).toEqual([id]);
    await under().store.remove(id);
    await under().store.remove(id);
    await expect(under().store.open(id)).rejects.toMatchObject({ code: 'not_found' });
    expect(await under().kept()).toEqual([]);
  });
}

function describeRest(under: Under): void {
  test.each(['', '..', '../secret', 'a/b', '00000000-0000-4000-8000-000000000000'])(
    'there is no file "%s"',
    async (id) => {
      const strange = await under().putStrange();
      for (const range of [undefined, { start: 0, end: 0 }, { start: 1, end: 2 }])
        await expect(under().store.open(id, range)).rejects.toMatchObject({ code: 'not_found' });
      await under().store.remove(id);
      expect(await under().kept()).toEqual([strange]);
    },
  );

  test.each([0, 300_000, 11 * megabyte])(
    'of a content that fails after %d bytes nothing stays, and its own error is told',
    async (length) => {
      const fault = new Error('the line was cut');
      await expect(under().store.write(contentOf(Buffer.alloc(length), fault))).rejects.toBe(fault);
      expect(await under().kept()).toEqual([]);
    },
  );

  test('what is old is removed, be it whole or not, and nothing that is not the store’s', async () => {
    expect(await under().store.removeBefore(Date.now())).toBe(0);
    const [old, young] = [
      await under().store.write(text('old')),
      await under().store.write(text('young')),
    ];
    const [oldPart, youngPart] = [await under().breakOff(), await under().breakOff()];
    const strange = await under().putStrange();
    for (const each of [old.id, oldPart, strange]) await under().age(each);
    expect(await under().store.removeBefore(Date.now() - 60_000)).toBe(2);
    expect(await under().kept()).toEqual([young.id, youngPart, strange].sort());
  });
}

function closed(stream: Readable): Promise<void> {
  return new Promise((resolve) => {
    stream.once('close', resolve).destroy();
  });
}
