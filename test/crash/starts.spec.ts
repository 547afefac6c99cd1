import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Run } from '../../src/domain/run.ts';
import { eventually } from '../support/eventually.ts';
import { aloud } from '../support/redis.ts';
import { smokeTests } from '../support/runs.ts';
import { Arena, type Victim } from './arena.ts';
import { Owners } from './owners.ts';
import { type Point, points } from './points.ts';
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

interface Moment {
  readonly point: Point;
  readonly victim: Victim;
}
const moments: readonly Moment[] = points.flatMap((point) =>
  point.victims.map((victim) => ({ point, victim })),
);
const nameOf = ({ point, victim }: Moment): string => `${point.name}/${victim}`;

let arena: Arena;
let owners: Owners;
let smoke: Map<string, string>;
const told: Told[] = [];
/** Who was killed at which point, as `nameOf` says it; a kill that had to go without its point counts for none. */
const reached = new Set<string>();
/** The starts of each kill, while their callers try. */
const begun: Promise<unknown>[] = [];

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

/** Kills the victim of a moment as soon as a start on the platform has come to it, among starts on all of them. */
async function killAt(moment: Moment, platform: string): Promise<void> {
  const { point, victim } = moment;
  const comes = point.reached(arena, platform).then(() => true);
  const starts = Promise.all([...platforms, platform].map((each) => start(each)));
  starts.catch(() => undefined);
  begun.push(starts);
  if (await Promise.race([comes, sleep(pointMs, false)])) reached.add(nameOf(moment));
  await arena.kill(victim);
  arena.forget();
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
    for (let round = 0; round < count; round += 1) {
      const moment = moments[round % moments.length];
      if (moment === undefined) continue;
      await killAt(moment, platforms[Math.floor(round / moments.length + round) % 4] ?? '');
      // The callers of a few rounds are still trying, as they are when things are bad.
      await begun.at(-callersAtOnce);
    }
    const tried = moments.slice(0, count);
    // A point that an earlier kill has taken away comes once nobody tries any more.
    for (const missed of tried.filter((moment) => !reached.has(nameOf(moment)))) {
      await Promise.all(begun);
      await killAt(missed, 'concord');
    }
    await Promise.all(begun);
    aloud(`killed: ${JSON.stringify(arena.kills)}; ${told.length} starts`);
    expect(begun.length).toBeGreaterThanOrEqual(count);
    expect(Object.values(arena.kills).reduce((a, b) => a + b)).toBe(begun.length);
    expect([...reached]).toEqual(expect.arrayContaining(tried.map(nameOf)));
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
