import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import pMap from 'p-map';
import { aloud } from '../support/redis.ts';
import { Arena } from './arena.ts';
import { ImportEffects } from './import-effects.ts';
import { stopInSending, type Stopped, wakened, type Woken } from './import-pause.ts';
import { ImportRounds } from './import-rounds.ts';
import { storm } from './import-storm.ts';
import { type ImportKind, importKinds, importLanes, Subjects } from './import-subjects.ts';
import { flawOf, lateMs } from './import-verdicts.ts';
import { endedImport, entryOf } from './imports.ts';

/** How often something is killed at a point. */
const count = Number(process.env['CRASH_COUNT'] ?? 300);
/** How often Redis is killed while imports are accepted as fast as they can be: twenty times, where there is the time. */
const mostStormKills = 20;
const stormKills = Math.min(mostStormKills, Math.max(3, Math.round(count / 10)));
/** So many imports a second are to be accepted meanwhile; between two kills as many are, however long this takes here. */
const stormRate = 200;
const asksAtOnce = 32;
/** An import is given up soon, so that what became of it is looked up soon. */
const connection = { importTimeout: '3s' };
/** One whose worker stood still is not given up when that wakes up: what keeps it from sending is that it stood still. */
const lasting = { importTimeout: '30s' };
const stormKinds = ['odsl', ...Array.from({ length: 7 }, (_, at) => `odsl-storm-${at + 1}`)].map(
  (lane) => ({ platform: 'odsl', onConflict: 'error', lane }) as const,
);

/** Ways to import that leave by one request, or by several within more time: each configuration has its own. */
const pausedKinds: readonly ImportKind[] = [
  { platform: 'frends', onConflict: 'error', lane: 'frends' },
  { platform: 'uipath', onConflict: 'error', lane: 'uipath' },
  { platform: 'odsl', onConflict: 'error', lane: 'odsl', brings: 9 },
];

jest.setTimeout(count * 20_000 + 600_000);

let arena: Arena;
let rounds: ImportRounds;
let subjects: Subjects;
/** Where nothing is killed at points: there a worker stands still, and Redis is killed. */
let yard: Arena;
let yardSubjects: Subjects;
const stopped: Stopped[] = [];
let wakening: Promise<readonly Woken[]>;

beforeAll(async () => {
  const stormLanes = stormKinds.slice(1).map(({ lane, platform }) => [lane, platform] as const);
  [arena, yard] = await Promise.all([
    Arena.open({ connection, lanes: importLanes }),
    Arena.open({ connection: lasting, lanes: new Map(stormLanes) }),
  ]);
  [subjects, yardSubjects] = await Promise.all([Subjects.of(arena), Subjects.of(yard)]);
  rounds = new ImportRounds(arena, subjects);
});
afterAll(async () => {
  // One that stands still does not end when it is asked to.
  for (const { worker } of stopped) worker.signal('SIGCONT');
  await Promise.all([arena.close(), yard.close()]);
});

describe('imports', () => {
  it('are written down before they leave: a worker can be stopped in between', async () => {
    for (const kind of pausedKinds) {
      if (stopped.length > 0) await yard.addWorker();
      stopped.push(await stopInSending(yard, yardSubjects, kind));
    }
    expect(stopped.map(({ entry: { state, tries } }) => [state, tries])).toEqual(
      pausedKinds.map(() => ['sending', 1]),
    );
    // Their locks have to run out, which the others need not wait for.
    wakening = wakened(yard, stopped);
    wakening.catch(() => undefined);
  });

  it(`survive ${count} kills of gateway, worker and Redis, each at a named point`, async () => {
    await rounds.run(count);
    const told = await Promise.all(rounds.hits.map((hit) => hit.told));
    aloud(`killed: ${JSON.stringify(arena.kills)}; ${told.length} imports`);
    expect(told.filter((ids) => new Set(ids).size !== 1)).toEqual([]);
    expect(told.length).toBeGreaterThanOrEqual(count);
    expect(new Set(told.flat()).size).toBe(told.length);
    expect([...rounds.reached]).toEqual(expect.arrayContaining(ImportRounds.points(count)));
  });

  it('lose their worker at one of its points in each way that they have', () => {
    expect([...rounds.reachedLanes]).toEqual(expect.arrayContaining(ImportRounds.lanes(count)));
  });

  it('are not sent by a worker that stood still for longer than its lock and wakes up, and are done once', async () => {
    const woken = await wakening;
    const effects = await ImportEffects.of(yard);
    const became = woken.map(({ subject, operation, tries, requests }) => ({
      lane: subject.lane,
      outcome: operation.outcome,
      isSentByAnother: tries > 1,
      requests: requests(),
      effects: effects.of(subject),
    }));
    expect(became).toEqual(
      pausedKinds.map(({ lane, brings = 1 }) => ({
        lane,
        outcome: 'applied',
        isSentByAnother: true,
        requests: brings,
        effects: brings,
      })),
    );
  });

  it(`that were acknowledged outlive ${stormKills} kills of Redis, and are done once`, async () => {
    yard.deafen();
    const before = (await ImportEffects.of(yard)).all('odsl');
    const { acknowledged, perSecond } = await storm(yard, yardSubjects, {
      kinds: stormKinds,
      kills: stormKills,
      between: stormRate,
    });
    aloud(`accepted: ${acknowledged.length}, ${perSecond.toFixed(0)} a second while Redis stood`);
    if (perSecond < stormRate)
      aloud(
        `NOT PROVED for ${stormRate} a second: this machine is too slow, or too busy, for that`,
      );
    if (stormKills < mostStormKills)
      aloud(
        `NOT PROVED for ${mostStormKills} kills: with CRASH_COUNT=${mostStormKills * 10} or more it is`,
      );
    expect(yard.kills.redis).toBe(stormKills);
    const ends = await pMap(acknowledged, ({ id }) => endedImport(yard, id), {
      concurrency: asksAtOnce,
    });
    const effects = await ImportEffects.of(yard);
    const wrong = acknowledged.filter(
      ({ subject }, at) => ends[at]?.outcome !== 'applied' || effects.of(subject) !== 1,
    );
    expect(wrong.map(({ id }) => ends.find((end) => end.id === id))).toEqual([]);
    expect(effects.all('odsl')).toBe(before + acknowledged.length);
  });

  it('end in time, or are unknown with evidence, and took effect once at most', async () => {
    const operations = await Promise.all(rounds.hits.map((hit) => hit.ended));
    const effects = await ImportEffects.of(arena);
    const outcomes = new Map<string, number>();
    const late: number[] = [];
    const wrong: unknown[] = [];
    for (const [at, hit] of rounds.hits.entries()) {
      const operation = operations[at];
      if (operation === undefined) throw new Error('an import has not ended');
      const entry = await entryOf(arena, operation.id);
      const ended = { operation, entry, effects: effects.of(hit.subject) };
      const word = `${hit.subject.lane} ${operation.outcome ?? 'null'} ${ended.effects}`;
      outcomes.set(word, (outcomes.get(word) ?? 0) + 1);
      late.push(lateMs(ended, rounds.kills));
      const flaw = flawOf(hit, ended, rounds.kills);
      const { point, victim } = hit;
      if (flaw !== null) wrong.push({ flaw, point, victim, ...ended });
    }
    aloud(`outcomes and effects: ${JSON.stringify(Object.fromEntries([...outcomes].sort()))}`);
    aloud(`known at most ${Math.max(...late)} ms after no answer could come any more`);
    expect(wrong).toEqual([]);
  });

  it('took no effect that nobody was told of', async () => {
    const effects = await ImportEffects.of(arena);
    for (const platform of new Set(importKinds.map((kind) => kind.platform))) {
      const own = rounds.hits.filter(({ subject }) => subject.platform === platform);
      const known = own.reduce((sum, { subject }) => sum + effects.of(subject), 0);
      const seeded = subjects.seeded.get(platform) ?? 0;
      expect([platform, effects.all(platform)]).toEqual([platform, known + seeded]);
    }
  });
});
