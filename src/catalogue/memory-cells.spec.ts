import { beforeEach, describe, expect, it } from '@jest/globals';
import { type Cell, emptyCell, listOf } from './cell.ts';
import { MemoryCells } from './memory-cells.ts';

const name = listOf('erp');
const problem = {
  code: 'upstream_unavailable',
  detail: 'down',
  upstream: null,
  retryAfterMs: null,
} as const;
const terms = { leaseMs: 10_000, apartMs: 0 };
let now: number;
let cells: MemoryCells;

beforeEach(() => {
  now = 1_000_000;
  cells = new MemoryCells(() => now);
});

/** What Redis says. */
const told = (changes: Partial<Cell> = {}): Cell => ({
  ...emptyCell,
  value: Buffer.from('redis'),
  asOf: 900_000,
  seq: 7,
  begun: 7,
  changes: 14,
  seenMark: 2,
  mark: 2,
  ...changes,
});
const look = async (): Promise<Cell> => (await cells.read([name])).cells[0]!;
const begin = async () => cells.begin(name, { ...terms, seen: (await look()).changes });

describe('cells of a process whose Redis is away', () => {
  it('go on from what Redis said last', async () => {
    cells.takeOver(name, told());
    expect(await look()).toEqual(told());
    const lease = (await begin())!;
    expect(lease).toMatchObject({ seq: 8, mark: 2, at: now });
    expect(await cells.commit(name, lease, Buffer.from('own'))).toBe(true);
    expect(await look()).toMatchObject({ seq: 8, begun: 8, asOf: now, seenMark: 2, mark: 2 });
  });

  it('give one lease at a time, to who has seen how things stand, at a distance if asked', async () => {
    const lease = (await begin())!;
    expect(await begin()).toBeNull();
    await cells.fail(name, lease, problem);
    expect(await cells.begin(name, { ...terms, seen: 0 })).toBeNull();
    const { changes } = await look();
    expect(await cells.begin(name, { ...terms, apartMs: 1_000, seen: changes })).toBeNull();
    now += 1_000;
    expect(await cells.begin(name, { ...terms, apartMs: 1_000, seen: changes })).toMatchObject({
      seq: 2,
    });
  });

  it('count as outdated what was read before a mark of this process, whatever becomes of the mark', async () => {
    cells.takeOver(name, told());
    await cells.mark('crm');
    expect((await look()).seenMark).toBe(2);
    await cells.mark('erp');
    const { seenMark, mark } = await look();
    expect(seenMark).not.toBe(mark);
    const lease = (await begin())!;
    await cells.commit(name, lease, Buffer.from('own'));
    expect(await look()).toMatchObject({ seenMark: 2, mark: 2 });
  });

  it('change their revision with every value and mark', async () => {
    const seen = new Set([await cells.revision()]);
    cells.takeOver(name, told());
    seen.add(await cells.revision());
    await cells.mark('erp');
    seen.add(await cells.revision());
    await cells.commit(name, (await begin())!, Buffer.from('own'));
    seen.add(await cells.revision());
    expect(seen.size).toBe(4);
  });
});

describe('once Redis is back', () => {
  /** A value of its own, walked at `now`. */
  async function walk(): Promise<void> {
    await cells.commit(name, (await begin())!, Buffer.from('own'));
  }

  it('an own value counts until Redis has a newer one, with the mark of Redis', async () => {
    cells.takeOver(name, told());
    await walk();
    const taken = cells.takeOver(name, told({ mark: 3 }));
    expect(taken).toMatchObject({ asOf: now, seenMark: 2, mark: 3, failure: null });
    expect(taken.value?.toString()).toBe('own');
    const newer = told({ asOf: now + 1, seq: 9, begun: 9 });
    expect(cells.takeOver(name, newer)).toEqual(newer);
    expect(cells.takeOver(name, told({ asOf: now + 2 })).value?.toString()).toBe('redis');
  });

  it('a forced call is answered by an own walk that began after it, and by no other', async () => {
    cells.takeOver(name, told());
    const before = cells.takeOver(name, told());
    const lease = (await begin())!;
    const during = cells.takeOver(name, told());
    await cells.commit(name, lease, Buffer.from('own'));
    const after = cells.takeOver(name, told());
    expect(after.seq).toBeGreaterThan(before.begun);
    expect(after.seq).not.toBeGreaterThan(during.begun);
  });

  it('what was only taken over counts for nothing: a store that has forgotten is believed', async () => {
    cells.takeOver(name, told());
    expect(cells.takeOver(name, emptyCell)).toEqual(emptyCell);
    expect(await look()).toEqual(emptyCell);
    await cells.fail(name, (await begin())!, problem);
    expect(cells.takeOver(name, emptyCell).value).toBeNull();
  });

  it('an own failure counts until Redis has something newer', async () => {
    cells.takeOver(name, told());
    await cells.fail(name, (await begin())!, problem);
    const taken = cells.takeOver(name, told());
    expect(taken).toMatchObject({ begun: 8, failure: { at: now, seq: 8 } });
    expect(taken.value?.toString()).toBe('redis');
    expect(cells.takeOver(name, told({ asOf: now + 1 })).failure).toBeNull();
    const later = { ...problem, at: now + 1, seq: 9, seenMark: 2 };
    expect(cells.takeOver(name, told({ failure: later })).failure).toEqual(later);
  });

  it('a failure from before an own value is over', async () => {
    const failure = { ...problem, at: now - 1, seq: 7, seenMark: 2 };
    cells.takeOver(name, told({ failure }));
    await walk();
    expect(cells.takeOver(name, told({ failure })).failure).toBeNull();
  });

  it('a lease that Redis gave is none of these', async () => {
    const own = (await begin())!;
    const given = { token: 'of Redis', seq: 8, mark: 2, at: now };
    expect(cells.holds(name, own)).toBe(true);
    expect(cells.holds(name, given)).toBe(false);
    expect(await cells.renew(name, given, 1_000)).toBe(false);
    expect(await cells.renew(name, own, 1_000)).toBe(true);
    expect(await cells.commit(name, given, Buffer.from('landed'))).toBe(true);
    expect(cells.holds(name, own)).toBe(true);
    expect(await cells.commit(name, own, Buffer.from('older'))).toBe(false);
    expect((await look()).value?.toString()).toBe('landed');
  });
});
