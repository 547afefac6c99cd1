import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Process } from '../domain/process.ts';
import { Snapshot, type SnapshotItem } from './snapshot.ts';

/** Every string that JavaScript has: line separators, lone surrogates, quotes, control characters. */
const anyText = fc.string({ unit: 'binary' }).map((text) => `${text}\u2028\ud800"\n\r\u0000`);

function itemOf(id: string, changes: Partial<Process> = {}, native = {}): SnapshotItem {
  return {
    process: {
      id,
      connection: 'erp',
      platform: 'erp',
      key: id,
      name: id,
      description: null,
      kind: 'process',
      enabled: null,
      latestVersion: null,
      labels: [],
      service: null,
      schedule: null,
      createdAt: null,
      updatedAt: null,
      updatedBy: null,
      capabilities: [],
      links: {
        self: { href: '/', method: 'GET' },
        versions: null,
        package: null,
        deployments: null,
        start: null,
      },
      ...changes,
      native: null,
    },
    native,
  };
}

const arbitraryItems = fc.uniqueArray(
  fc
    .record({
      id: fc.string({ minLength: 1 }),
      name: anyText,
      description: fc.option(anyText),
      labels: fc.array(anyText, { maxLength: 3 }),
      service: fc.option(anyText),
      enabled: fc.option(fc.boolean()),
      native: fc.dictionary(fc.string(), fc.jsonValue()),
    })
    .map(({ id, native, ...changes }) => itemOf(id, changes, native)),
  { selector: ({ process }) => process.id, maxLength: 20 },
);

const read = (bytes: Buffer): unknown => JSON.parse(bytes.toString('utf8'));
const of = (items: readonly SnapshotItem[]): Snapshot => Snapshot.of('erp', 'erp', items);

describe('a snapshot', () => {
  it('gives back what it was made of, from memory and from what is stored', () => {
    fc.assert(
      fc.property(arbitraryItems, (items) => {
        const made = of(items);
        const stored = Snapshot.from('erp', 'erp', made.chunks);
        expect(made.size).toBe(items.length);
        expect(stored.id).toBe(made.id);
        expect(stored.columns).toEqual(made.columns);
        for (const { process, native } of items) {
          const at = made.indexOf(process.key);
          expect(read(made.item(at))).toEqual(process);
          expect(read(made.native(at))).toEqual(read(Buffer.from(JSON.stringify(native))));
          expect(stored.item(at).equals(made.item(at))).toBe(true);
          expect(stored.native(at).equals(made.native(at))).toBe(true);
        }
      }),
    );
  });

  it('has one id for one content, whatever its order, and another for another', () => {
    fc.assert(
      fc.property(arbitraryItems, fc.nat(), (items, at) => {
        expect(of(items.toReversed()).id).toBe(of(items).id);
        const [first, ...others] = items;
        if (first === undefined) return;
        const changed = items.with(at % items.length, itemOf('another', { name: 'other' }));
        expect(of(changed).id).not.toBe(of(items).id);
        const slim = { ...first, native: { ...first.native, one: 'more' } };
        expect(of([slim, ...others]).id).not.toBe(of(items).id);
      }),
    );
  });

  it('takes up ten thousand items, in chunks that no command of Redis minds', () => {
    const items = Array.from({ length: 10_000 }, (_, n) =>
      itemOf(`erp:${n}`, { key: `key ${n}`, description: 'd'.repeat(n % 700) }, { n }),
    );
    const made = of(items);
    expect(made.size).toBe(10_000);
    expect(made.chunks.length).toBeGreaterThan(8);
    expect(Math.max(...made.chunks.map((chunk) => chunk.length))).toBeLessThan(1_024 ** 2);
    expect(made.bytes).toBe(made.chunks.reduce((sum, chunk) => sum + chunk.length, 0));
    const stored = Snapshot.from('erp', 'erp', made.chunks);
    expect(stored.id).toBe(made.id);
    for (const n of [0, 1, 4_999, 9_999]) {
      expect(read(stored.native(stored.indexOf(`key ${n}`)))).toEqual({ n });
    }
    expect(stored.indexOf('key 10000')).toBe(-1);
    expect(() => stored.item(10_000)).toThrow(RangeError);
  });

  it('may be empty', () => {
    const made = of([]);
    expect([made.size, made.bytes, made.chunks.length, made.indexOf('')]).toEqual([0, 0, 0, -1]);
    expect(Snapshot.from('erp', 'erp', []).id).toBe(made.id);
  });
});
