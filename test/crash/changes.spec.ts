import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { aloud } from '../support/redis.ts';
import { Arena } from './arena.ts';
import { ChangeRounds } from './change-rounds.ts';
import { ChangeSubjects, effectNames, effectsOf } from './change-subjects.ts';
import { changeFlawOf } from './change-verdicts.ts';
import { Subjects } from './import-subjects.ts';
import { lateMs } from './import-verdicts.ts';
import { entryOf } from './imports.ts';

/** How often something is killed. */
const count = Number(process.env['CRASH_COUNT'] ?? 300);

jest.setTimeout(count * 20_000 + 600_000);

let arena: Arena;
let subjects: Subjects;
let rounds: ChangeRounds;

beforeAll(async () => {
  arena = await Arena.open();
  subjects = await Subjects.of(arena);
  rounds = new ChangeRounds(arena, await ChangeSubjects.of(arena, subjects));
});
afterAll(() => arena.close());

describe('changes', () => {
  it(`survive ${count} kills of gateway, worker and Redis, each at a named point`, async () => {
    await rounds.run(count);
    const told = await Promise.all(rounds.hits.map((hit) => hit.told));
    aloud(`killed: ${JSON.stringify(arena.kills)}; ${told.length} changes`);
    // Every caller with one key is told of the same operations.
    expect(told.filter((each) => new Set(each.map(String)).size !== 1)).toEqual([]);
    const ids = told.flatMap(([first = []]) => first);
    const expected = rounds.hits.flatMap(({ subject }) => subject.effects);
    expect(told.length).toBeGreaterThanOrEqual(count);
    expect(new Set(ids).size).toBe(expected.length);
    expect([...rounds.reached]).toEqual(expect.arrayContaining(ChangeRounds.points(count)));
  });

  it('end in time, or are unknown with evidence, and took effect once at most', async () => {
    const outcomes = new Map<string, number>();
    const late: number[] = [];
    const wrong: unknown[] = [];
    for (const hit of rounds.hits) {
      const operations = await hit.ended;
      const counts = effectsOf(arena, hit.subject);
      for (const [at, operation] of operations.entries()) {
        const entry = await entryOf(arena, operation.id);
        const ended = { operation, entry, effects: counts[at] ?? 0 };
        const word = `${hit.subject.kind} ${operation.outcome ?? 'null'} ${ended.effects}`;
        outcomes.set(word, (outcomes.get(word) ?? 0) + 1);
        late.push(lateMs(ended, rounds.kills));
        const flaw = changeFlawOf(hit, ended, rounds.kills);
        const { point, victim } = hit;
        if (flaw !== null) wrong.push({ flaw, point: point.name, victim, ...ended });
      }
    }
    aloud(`outcomes and effects: ${JSON.stringify(Object.fromEntries([...outcomes].sort()))}`);
    aloud(`known at most ${Math.max(...late)} ms after no answer could come any more`);
    expect(wrong).toEqual([]);
  });

  it('took no effect that nobody was told of', () => {
    for (const [name, platform] of effectNames) {
      const known = rounds.hits.flatMap(({ subject }) => {
        const counts = effectsOf(arena, subject);
        return subject.effects.map((effect, at) => (effect.name === name ? (counts[at] ?? 0) : 0));
      });
      const isSeed = name === 'process.saved';
      const seeded = isSeed ? (subjects.seeded.get(platform) ?? 0) : 0;
      const ledger = arena.stage.sandbox(platform).ledger();
      const all = ledger.filter(({ effect }) => effect === name).length;
      expect([name, all]).toEqual([name, known.reduce((sum, each) => sum + each, seeded)]);
    }
  });
});
