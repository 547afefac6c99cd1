import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Run } from '../../src/domain/run.ts';
import { eventually } from '../support/eventually.ts';
import { aloud } from '../support/redis.ts';
import { smokeTests } from '../support/runs.ts';
import { Arena } from './arena.ts';
import { Owners } from './owners.ts';
import { points } from './points.ts';
import { effectsOf, shown, startUntilTold } from './starts.ts';
import type { Told } from './told.ts';

/** How often something is killed. */
const count = Number(process.env['CRASH_COUNT'] ?? 300);
const platforms = ['concord', 'frends', 'odsl', 'uipath'];
/** A point that does not come, because an earlier kill has taken it away, is not waited for longer. */
const pointMs = 6_000;
/** Rounds whose callers may still be trying. */
const callersAtOnce = 4;
/** From the last kill to the last end: the settle time of what nobody can prove, and what it takes to get there. */
const endMs = 180_000;

jest.setTimeout(count * 20_000 + endMs + 120_000);

const moments = points.flatMap((point) => point.victims.map((victim) => ({ point, victim })));

let arena: Arena;
let owners: Owners;
let smoke: Map<string, string>;
const told: Told[] = [];
/** Points that something was killed at; a kill that had to go without its point counts for none. */
const reachedPoints = new Set<string>();

beforeAll(async () => {
  arena = await Arena.open();
  owners = new Owners(arena);
  smoke = await smokeTests(await arena.gateway());
});
afterAll(async () => {
  owners.stop();
  await arena.close();
});

async function start(platform: string, key: string = randomUUID()): Promise<Told> {
  const each = await startUntilTold(arena, platform, smoke.get(platform) ?? '', key);
  owners.add(each.id);
  told.push(each);
  return each;
}

async function ended(id: string): Promise<Run> {
  return eventually(async () => {
    const run = await shown(arena, id);
    if (run?.final !== true) throw new Error(`${id} does not end: ${JSON.stringify(run)}`);
    return run;
  }, endMs);
}

describe('starts', () => {
  it(`survive ${count} kills of gateway, worker and Redis, each at a named point`, async () => {
    const starts: Promise<unknown>[] = [];
    for (let round = 0; round < count; round += 1) {
      const { point, victim } = moments[round % moments.length] ?? { point: null, victim: null };
      if (point === null) continue;
      const platform = platforms[Math.floor(round / moments.length + round) % 4] ?? '';
      const reached = Promise.race([
        point.reached(arena, platform).then(() => reachedPoints.add(point.name)),
        sleep(pointMs),
      ]);
      const begun = Promise.all([...platforms, platform].map((each) => start(each)));
      begun.catch(() => undefined);
      starts.push(begun);
      await reached;
      await arena.kill(victim);
      arena.forget();
      // The callers of a few rounds are still trying, as they are when things are bad.
      await starts.at(-callersAtOnce);
    }
    await Promise.all(starts);
    aloud(`killed: ${JSON.stringify(arena.kills)}; ${told.length} starts`);
    expect(Object.values(arena.kills).reduce((a, b) => a + b)).toBe(count);
    const tried = moments.slice(0, count).map(({ point }) => point.name);
    expect([...reachedPoints]).toEqual(expect.arrayContaining(tried));
  });

  it('end, or are unknown with evidence, and took effect once at most', async () => {
    const runs = await Promise.all(told.map(({ id }) => ended(id)));
    const wrong: unknown[] = [];
    const outcomes = new Map<string, number>();
    const doubts: string[] = [];
    for (const [at, each] of told.entries()) {
      const run = runs[at];
      const effects = effectsOf(arena, each);
      const word = `${each.platform} ${run?.outcome ?? 'null'} ${effects}`;
      outcomes.set(word, (outcomes.get(word) ?? 0) + 1);
      const isRight =
        run?.outcome === 'applied'
          ? effects === 1
          : run?.outcome === 'unknown'
            ? effects <= 1 && isReasonable(each, run, doubts)
            : effects === 0 && run?.outcome === 'not_sent';
      if (!isRight) wrong.push({ ...each, effects, run });
    }
    aloud(`outcomes and effects: ${JSON.stringify(Object.fromEntries([...outcomes].sort()))}`);
    aloud(`in doubt: ${JSON.stringify(doubts)}`);
    expect(wrong).toEqual([]);
    expect(new Set(told.map(({ id }) => id)).size).toBe(told.length);
  });

  it('took no effect that nobody was told of', () => {
    const effects = platforms.flatMap((platform) =>
      arena.stage
        .sandbox(platform)
        .ledger()
        .filter(({ effect }) => effect === 'run.started'),
    );
    const known = told.reduce((sum, each) => sum + effectsOf(arena, each), 0);
    expect(effects).toHaveLength(known);
  });

  it('were never without an owner for a minute', async () => {
    await owners.look();
    expect([...owners.orphans]).toEqual([]);
    expect(owners.looks).toBeGreaterThan(3);
  });
});

describe('a hundred starts with one key', () => {
  it.each(platforms)('at once start one run on %s', async (platform) => {
    const key = randomUUID();
    const each = await Promise.all(Array.from({ length: 100 }, () => start(platform, key)));
    expect(new Set(each.map(({ id }) => id)).size).toBe(1);
    const [first] = each;
    if (first === undefined) throw new Error('nothing was started');
    expect((await ended(first.id)).outcome).toBe('applied');
    expect(effectsOf(arena, first)).toBe(1);
  });

  it('at once start one run, though the gateway is killed meanwhile', async () => {
    const key = randomUUID();
    const claimed = arena.command(/:idempotency:.*"claimedAt"/);
    const starts = Promise.all(Array.from({ length: 100 }, () => start('concord', key)));
    await Promise.race([claimed, sleep(pointMs)]);
    await arena.kill('gateway');
    const each = await starts;
    expect(new Set(each.map(({ id }) => id)).size).toBe(1);
    await ended(each[0]?.id ?? '');
    expect(each.map((one) => effectsOf(arena, one))).toEqual(each.map(() => 1));
  });
});

describe('a start whose queue has lost everything', () => {
  it('is sent all the same, by the sweep, which comes back too', async () => {
    const gateway = await arena.gateway();
    const process = smoke.get('uipath') ?? '';
    const scheduleAt = new Date(Date.now() + 4_000).toISOString();
    const answer = await fetch(
      `${gateway.baseUrl}/v1/processes/${encodeURIComponent(process)}/runs`,
      {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ scheduleAt }),
      },
    );
    const { id } = (await answer.json()) as Run;
    const { redis, prefix } = arena.stage;
    const keys = await redis.keys(`{${prefix}.queues}*`);
    expect(keys.length).toBeGreaterThan(3);
    await redis.unlink(...keys);
    const run = await ended(id);
    expect([run.outcome, run.status]).toEqual(['applied', 'succeeded']);
    expect(effectsOf(arena, { platform: 'uipath', key: id, id })).toBe(1);
  });
});

/** Whether a start may end as unknown, by what has hit it. */
function isReasonable(start: Told, run: Run, doubts: string[]): boolean {
  const reason = arena.blows.reasonFor(start, run);
  doubts.push(`${start.platform}: ${reason ?? 'nothing'}, "${run.evidence?.detail ?? ''}"`);
  return reason !== null;
}
