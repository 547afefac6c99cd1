import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { Run } from '../../src/domain/run.ts';
import { eventually } from '../support/eventually.ts';
import { type Gateway, Stage } from '../support/gateway.ts';
import { get, type MergedList, nextOf } from '../support/http.ts';
import { ended, runOf, smokeTests, start } from '../support/runs.ts';
import { Listener } from '../support/sse.ts';

jest.setTimeout(120_000);

let stage: Stage;
let one: Gateway;
let other: Gateway;
let smoke: Map<string, string>;

beforeAll(async () => {
  stage = await Stage.open();
  [one, other] = await Promise.all([stage.gateway(), stage.gateway(), stage.worker()]);
  smoke = await smokeTests(one);
});
afterAll(() => stage.close());

const begin = async (platform = 'odsl'): Promise<Run> =>
  (await start(one, smoke.get(platform) ?? '')).body;
const eventsOf = (gateway: Gateway, id: string, query = ''): string =>
  `${gateway.baseUrl}/v1/runs/${encodeURIComponent(id)}/events${query}`;

async function listed(query: string): Promise<MergedList<Run>> {
  const answer = await get<MergedList<Run>>(one, `/v1/runs${query}`);
  expect([answer.status, answer.headers['gateway-complete']]).toEqual([200, '?1']);
  return answer.body;
}

describe('the list of runs', () => {
  it('shows those of all platforms, newest first, each once', async () => {
    const own = await ended(one, (await begin('concord')).id);
    await eventually(async () => {
      const { data, sources } = await listed('?limit=200');
      expect(sources.map(({ status }) => status)).toEqual(Array(4).fill('fresh'));
      for (const { connection } of sources)
        expect((await listed(`?connection=${connection}`)).data.length).toBeGreaterThan(0);
      const created = data.map(({ createdAt }) => createdAt);
      expect(created).toEqual([...created].sort().reverse());
      expect(new Set(data.map(({ id }) => id)).size).toBe(data.length);
      expect(data.filter(({ nativeId }) => nativeId === own.nativeId).map(({ id }) => id)).toEqual([
        own.id,
      ]);
    });
  });

  it('pages stably while runs are started', async () => {
    const all = (await listed('?limit=200&final=true')).data.map(({ id }) => id);
    const walked: string[] = [];
    for (let path: string | null = '/v1/runs?limit=7&final=true'; path !== null;) {
      const answer: Awaited<ReturnType<typeof get<MergedList<Run>>>> = await get(one, path);
      expect(answer.status).toBe(200);
      walked.push(...answer.body.data.map(({ id }) => id));
      if (walked.length < 20) await begin('uipath');
      path = walked.length >= all.length ? null : nextOf(answer);
    }
    expect(walked.slice(0, all.length)).toEqual(all);
  });

  it.each([
    [
      'connection=odsl&connection=uipath',
      ({ connection }: Run) => ['odsl', 'uipath'].includes(connection),
    ],
    [
      'status=failed&status=succeeded',
      ({ status }: Run) => ['failed', 'succeeded'].includes(status),
    ],
    ['final=false', ({ final }: Run) => !final],
    ['outcome=applied', ({ outcome }: Run) => outcome === 'applied'],
  ] as const)('is filtered by %s', async (query, fits) => {
    const { data } = await listed(`?${query}&limit=200`);
    expect(data.filter((run) => !fits(run))).toEqual([]);
    if (query !== 'final=false') expect(data.length).toBeGreaterThan(0);
  });

  it('is filtered by who has started them, to the letter', async () => {
    const { data } = await listed('?limit=200');
    const initiators = new Set(data.map(({ initiator }) => initiator));
    const [someone = ''] = [...initiators].filter((each) => each !== null);
    const those = await listed(`?limit=200&initiator=${encodeURIComponent(someone)}`);
    expect(initiators.size).toBeGreaterThan(1);
    expect(those.data.length).toBeGreaterThan(0);
    expect(those.data.filter(({ initiator }) => initiator !== someone)).toEqual([]);
    expect((await listed('?initiator=nobody%20at%20all')).data).toEqual([]);
  });

  it('is filtered by process and by when they began', async () => {
    const process = smoke.get('uipath') ?? '';
    const { data } = await listed(`?process=${encodeURIComponent(process)}`);
    expect(data.length).toBeGreaterThan(0);
    for (const run of data) expect(run.process).toBe(process);
    // One that still waits for its turn counts from when it was made.
    const begunAt = ({ startedAt, createdAt }: Run): string => startedAt ?? createdAt;
    const [middle = ''] = data.slice(Math.floor(data.length / 2)).map(begunAt);
    const after = await listed(`?process=${encodeURIComponent(process)}&startedAfter=${middle}`);
    for (const run of after.data) expect(begunAt(run) > middle).toBe(true);
  });

  it('costs the platforms the same for any number of callers', async () => {
    await listed('');
    stage.forget();
    await Promise.all(Array.from({ length: 50 }, () => listed('?limit=5')));
    expect(stage.requestCount()).toBeLessThan(60);
  });

  it.each(['concord', 'frends', 'odsl', 'uipath'])(
    'changes nothing of runs of %s that have ended',
    async (platform) => {
      // The list shows less of each run than a single read, and other words of some.
      const fails = platform === 'frends' ? { input: { fail: 'true' } } : null;
      const begun = [
        await begin(platform),
        (await start(one, smoke.get(platform) ?? '', fails)).body,
      ];
      const before = await Promise.all(begun.map(({ id }) => ended(one, id)));
      for (let walk = 0; walk < 2; walk += 1) {
        const { status } = await get(one, `/v1/runs?connection=${platform}`, {
          'cache-control': 'no-cache',
        });
        expect(status).toBe(200);
      }
      const after = await Promise.all(before.map(({ id }) => runOf(one, id)));
      expect(after).toEqual(before);
    },
  );

  it('says what a platform is missing', async () => {
    await stage.sandbox('frends').close();
    const { body, headers } = await get<MergedList<Run>>(one, '/v1/runs', {
      'cache-control': 'no-cache',
    });
    const frends = body.sources.find(({ connection }) => connection === 'frends');
    expect(['stale', 'failed']).toContain(frends?.status);
    expect(frends?.problem?.code).toBe('upstream_unavailable');
    expect(headers['gateway-complete']).toBe(frends?.status === 'stale' ? '?1' : '?0');
    await stage.reopen('frends');
  });
});

describe('a run', () => {
  it('is the same under the platform’s own id', async () => {
    const own = await ended(one, (await begin()).id);
    const same = await runOf(other, `odsl:${own.nativeId ?? ''}`);
    expect(same).toEqual(own);
  });

  it('that others have started is read from its platform', async () => {
    const { data } = await listed('?connection=frends&limit=50');
    const foreign = data.find(({ outcome }) => outcome === null);
    expect(foreign?.id).toBe(`frends:${foreign?.nativeId ?? ''}`);
    expect(await runOf(other, foreign?.id ?? '')).toMatchObject({
      id: foreign?.id,
      status: foreign?.status,
    });
  });

  it('that there is not is 404', async () => {
    for (const id of [
      'odsl:nothing',
      'uipath:00000000-0000-4000-8000-000000000000',
      'nowhere:1',
      'odsl:r-01979f3a-6c1e-7b20-8f3d-2a9c51d0e7b4',
    ])
      expect((await get(one, `/v1/runs/${encodeURIComponent(id)}`)).status).toBe(404);
  });
});

describe('the events of a run', () => {
  it('are its changes, and are the same on every replica', async () => {
    const { id } = await begin('uipath');
    const listeners = await Promise.all(
      [one, one, other].map((each) => Listener.open(eventsOf(each, id))),
    );
    await Promise.all(listeners.map((listener) => listener.ended));
    const final = await runOf(one, id);
    for (const { events } of listeners) {
      const last = events.at(-1);
      expect([last?.event, last?.id]).toEqual(['end', `${final.revision}e`]);
      expect(JSON.parse(last?.data ?? '{}')).toEqual(final);
      const revisions = events
        .filter(({ event }) => event === 'run')
        .map((event) => Number(event.id));
      expect(revisions).toEqual([...new Set(revisions)].sort((a, b) => a - b));
    }
  });

  it('go on where a caller has left, without a gap', async () => {
    const { id } = await begin('uipath');
    const whole = await Listener.open(eventsOf(one, id));
    const first = await Listener.open(eventsOf(one, id));
    await eventually(() => {
      expect(first.events.length).toBeGreaterThan(0);
    });
    first.close();
    const lastId = first.events.at(-1)?.id ?? '';
    await ended(one, id);
    const second = await Listener.open(eventsOf(other, id), { 'last-event-id': lastId });
    await Promise.all([whole.ended, second.ended]);
    const runs = (listener: Listener): string[] =>
      listener.events.filter(({ event }) => event === 'run').map((event) => event.id);
    // Each begins with how the run stood when it came.
    const [earliest = ''] = runs(first);
    const since = runs(whole).filter((revision) => Number(revision) >= Number(earliest));
    expect([...runs(first), ...runs(second)]).toEqual(since);
    const over = await Listener.open(eventsOf(one, id), {
      'last-event-id': whole.events.at(-1)?.id ?? '',
    });
    expect(over.status).toBe(204);
  });

  it('begin anew for a caller who has more than is kept, or something else: Redis has lost its last second', async () => {
    const run = await ended(one, (await begin()).id);
    for (const lastId of [`${run.revision + 1}`, `${run.revision + 1}e`, `${run.revision}`]) {
      const stream = await Listener.open(eventsOf(one, run.id), { 'last-event-id': lastId });
      await stream.ended;
      expect(stream.events.map(({ event, id }) => [event, id])).toEqual([
        ['run', `${run.revision}`],
        ['end', `${run.revision}e`],
      ]);
    }
  });

  it('end after the time that was asked for', async () => {
    const { id } = await begin('uipath');
    const begun = Date.now();
    await (
      await Listener.open(eventsOf(one, id, '?for=1'))
    ).ended;
    expect(Date.now() - begun).toBeLessThan(15_000);
    await ended(one, id);
  });

  it('of several runs come in one stream', async () => {
    const runs = await Promise.all([begin('uipath'), begin('odsl'), begin('concord')]);
    const query = runs.map(({ id }) => `run=${encodeURIComponent(id)}`).join('&');
    const listener = await Listener.open(`${other.baseUrl}/v1/events?${query}`);
    await listener.ended;
    const ends = listener.events
      .filter(({ event }) => event === 'end')
      .map(({ data }) => (JSON.parse(data) as Run).id);
    expect(ends.sort()).toEqual(runs.map(({ id }) => id).sort());
    const lastId = listener.events.at(-1)?.id ?? '';
    const again = await Listener.open(`${one.baseUrl}/v1/events?${query}`, {
      'last-event-id': lastId,
    });
    expect(again.status).toBe(204);
  });

  it('cost the platform the same for any number of watchers', async () => {
    const cost = async (watchers: number): Promise<number> => {
      const { id } = await begin('concord');
      const listeners = await Promise.all(
        Array.from({ length: watchers }, () => Listener.open(eventsOf(one, id))),
      );
      stage.forget();
      await Promise.all(listeners.map((listener) => listener.ended));
      return stage.requestCount();
    };
    const [few, many] = [await cost(1), await cost(100)];
    expect(many).toBeLessThan(few + 15);
  });

  it('cost the platform the same for any number of those who wait for its end', async () => {
    const cost = async (waiters: number): Promise<number> => {
      const { id } = await begin('concord');
      stage.forget();
      const answers = await Promise.all(
        Array.from({ length: waiters }, () =>
          get<Run>(one, `/v1/runs/${encodeURIComponent(id)}?wait=60`),
        ),
      );
      expect(answers.map(({ body }) => body.final)).toEqual(Array(waiters).fill(true));
      return stage.requestCount();
    };
    const [few, many] = [await cost(1), await cost(100)];
    expect(many).toBeLessThan(few + 15);
  });

  it.each([
    [
      'one run',
      (ids: readonly string[], at: number) => eventsOf(one, ids[at % 20] ?? '', '?for=2'),
    ],
    [
      'twenty runs',
      (ids: readonly string[]) =>
        `${one.baseUrl}/v1/events?for=2&${ids.map((id) => `run=${encodeURIComponent(id)}`).join('&')}`,
    ],
  ])('are given to a thousand who come at once to watch %s each', async (_runs, urlOf) => {
    const runs = await Promise.all(Array.from({ length: 20 }, () => begin('uipath')));
    const ids = runs.map(({ id }) => id);
    const listeners = await Promise.all(
      Array.from({ length: 1_000 }, (_, at) => Listener.open(urlOf(ids, at))),
    );
    const statuses = new Set(listeners.map(({ status }) => status));
    await Promise.all(listeners.map((listener) => listener.ended));
    expect([...statuses]).toEqual([200]);
    for (const { events } of listeners) expect(events.length).toBeGreaterThan(0);
  });
});
