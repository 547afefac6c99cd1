import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Run } from '../../src/domain/run.ts';
import type { Problem } from '../../src/http/problem.ts';
import { eventually } from '../support/eventually.ts';
import { type Gateway, Stage } from '../support/gateway.ts';
import { get, list, type MergedList } from '../support/http.ts';
import {
  ended,
  newKey,
  postTo,
  runOf,
  runThat,
  smokeTests,
  start,
  startsOn,
} from '../support/runs.ts';

jest.setTimeout(150_000);

let stage: Stage;
let gateway: Gateway;
let smoke: Map<string, string>;

beforeAll(async () => {
  stage = await Stage.open();
  [gateway] = await Promise.all([stage.gateway(), stage.worker()]);
  smoke = await smokeTests(gateway);
});
afterAll(() => stage.close());

async function longRun(platform: 'concord' | 'uipath'): Promise<Run> {
  const [process, input] =
    platform === 'uipath'
      ? [smoke.get('uipath') ?? '', { in_DurationMs: 120_000 }]
      : [
          (await list(gateway, '?connection=concord&name=sleep')).body.data[0]?.id ?? '',
          { seconds: 120 },
        ];
  const { body, status } = await start(gateway, process, { input });
  expect(status).toBe(202);
  return runThat(gateway, body.id, (run) => run.status === 'running');
}

describe('a cancellation', () => {
  it.each(['concord', 'uipath'] as const)(
    'on %s is `cancelling` until the platform says so, and may be asked twice',
    async (platform) => {
      const { id } = await longRun(platform);
      const first = await postTo(gateway, id, 'cancel', { force: true });
      expect([first.status, first.body.status]).toEqual([202, 'cancelling']);
      expect((await postTo(gateway, id, 'cancel', { force: true })).status).toBe(202);
      const run = await ended(gateway, id);
      expect([run.status, run.outcome, run.links.cancel]).toEqual(['cancelled', 'applied', null]);
      const after = await postTo(gateway, id, 'cancel');
      expect([after.status, after.body.status]).toEqual([202, 'cancelled']);
    },
  );

  it('that the platform cannot be told now is told later', async () => {
    const { id } = await longRun('uipath');
    stage.sandbox('uipath').faults.add({
      method: 'POST',
      path: 'StopJob',
      times: 6,
      fault: { kind: 'status', status: 503 },
    });
    expect((await postTo(gateway, id, 'cancel', { force: true })).status).toBe(202);
    expect((await runThat(gateway, id, ({ final }) => final, 60_000)).status).toBe('cancelled');
  });

  it('refuses a body that means nothing', async () => {
    const { id } = (await start(gateway, smoke.get('uipath') ?? '')).body;
    const { status, body } = await postTo<Problem>(gateway, id, 'cancel', {
      force: 'yes',
      hard: true,
    });
    expect(status).toBe(400);
    expect((body['errors'] as { at: string }[]).map(({ at }) => at).sort()).toEqual([
      'force',
      'hard',
    ]);
    await ended(gateway, id);
  });
});

describe('a start that is not sent yet', () => {
  const at = (ms: number): object => ({ scheduleAt: new Date(Date.now() + ms).toISOString() });

  it.each(['concord', 'frends', 'odsl', 'uipath'] as const)(
    'can be stopped on %s, which is not asked, and may be told so twice',
    async (platform) => {
      const { id } = (await start(gateway, smoke.get(platform) ?? '', at(3_600_000))).body;
      const href = `/v1/runs/${encodeURIComponent(id)}/cancel`;
      const listed = await get<MergedList<Run>>(gateway, '/v1/runs?status=queued&limit=200');
      for (const run of [await runOf(gateway, id), listed.body.data.find((run) => run.id === id)])
        expect(run?.links.cancel).toEqual({ href, method: 'POST' });
      stage.forget();
      const first = await postTo(gateway, id, 'cancel', { force: true });
      expect([first.status, first.body.status, first.body.outcome, first.body.final]).toEqual([
        202,
        'cancelled',
        'not_sent',
        true,
      ]);
      expect(first.body.links.cancel).toBeNull();
      const second = await postTo(gateway, id, 'cancel');
      expect([second.status, second.body.revision]).toEqual([202, first.body.revision]);
      const asked = stage.sandbox(platform).requests();
      expect(asked.filter((request) => request.startsWith('POST'))).toEqual([]);
    },
  );

  it.each(['frends', 'odsl'] as const)(
    'is either never sent to %s, or the cancellation came too late and says so',
    async (platform) => {
      const before = startsOn(stage, platform);
      const tries = Array.from({ length: 8 }, async (_, n) => {
        const body = at(1_500 + n * 40);
        const { id } = (await start(gateway, smoke.get(platform) ?? '', body)).body;
        const { scheduleAt } = body as { scheduleAt: string };
        await sleep(Math.max(Date.parse(scheduleAt) - Date.now() + n * 10, 0));
        const { status } = await postTo<Run | Problem>(gateway, id, 'cancel');
        return { status, run: await ended(gateway, id) };
      });
      const done = await Promise.all(tries);
      for (const { status, run } of done)
        expect([status, run.status, run.outcome, run.links.cancel]).toEqual(
          status === 202
            ? [202, 'cancelled', 'not_sent', null]
            : [501, 'succeeded', 'applied', null],
        );
      const sent = done.filter(({ status }) => status === 501).length;
      expect(startsOn(stage, platform)).toBe(before + sent);
    },
  );

  it.each([
    ['frends', '/execute$'],
    ['odsl', '/process-exec/v1'],
  ] as const)('cannot be stopped on %s while it is being sent', async (platform, path) => {
    stage.forget();
    const fault = { kind: 'latency', ms: 3_000 } as const;
    stage.sandbox(platform).faults.add({ method: 'POST', path, times: 1, fault });
    const { id } = (await start(gateway, smoke.get(platform) ?? '')).body;
    await eventually(() => {
      const asked = stage.sandbox(platform).requests();
      expect(
        asked.filter((request) => /^POST .*(execute|process-exec)/.test(request)),
      ).toHaveLength(1);
    });
    const late = await postTo<Problem>(gateway, id, 'cancel');
    expect([late.status, late.body.code]).toEqual([501, 'capability_not_supported']);
    const { status, links } = await runOf(gateway, id);
    expect([status, links.cancel]).toEqual(['queued', null]);
    expect((await ended(gateway, id)).status).toBe('succeeded');
  });

  it('is 404 where there is none, whatever its platform can', async () => {
    const none = 'frends:r-01979f3a-6c1e-7b20-8f3d-2a9c51d0e7b4';
    expect((await postTo(gateway, none, 'cancel')).status).toBe(404);
  });
});

describe('a run of Concord', () => {
  it('that has ended begins anew under its id', async () => {
    const { id } = (await start(gateway, smoke.get('concord') ?? '')).body;
    const first = await ended(gateway, id);
    const key = newKey();
    const again = await postTo(gateway, id, 'restart', {}, key);
    expect([again.status, again.body.attempt, again.body.final]).toEqual([202, 2, false]);
    const replay = await postTo(gateway, id, 'restart', {}, key);
    expect([replay.headers['idempotency-replayed'], replay.body.attempt]).toEqual(['?1', 2]);
    const second = await ended(gateway, id);
    expect([second.status, second.attempt, second.nativeId]).toEqual([
      'succeeded',
      2,
      first.nativeId,
    ]);
    expect(second.revision).toBeGreaterThan(first.revision);
  });

  it.each([{ x: 1 }, ['x']])('says nothing with it: %j is refused', async (content) => {
    const { status, body } = await postTo<Problem>(gateway, 'concord:1', 'restart', content);
    expect([status, body.code, body.outcome]).toEqual([400, 'invalid_request', 'not_sent']);
    expect(body['errors']).toEqual([expect.objectContaining({ at: 'body' })]);
  });

  it('that still runs does not', async () => {
    const { id } = await longRun('concord');
    const { status, body } = await postTo<Problem>(gateway, id, 'restart');
    expect([status, body.code]).toEqual([409, 'conflict']);
    await postTo(gateway, id, 'cancel');
    await ended(gateway, id);
  });
});

describe('doubt', () => {
  it('is shown with its evidence, listed, and settled by a person', async () => {
    stage.sandbox('frends').faults.add({
      method: 'POST',
      path: '/execute$',
      times: 1,
      fault: { kind: 'resetAfterEffect' },
    });
    const before = startsOn(stage, 'frends');
    const { id } = (await start(gateway, smoke.get('frends') ?? '')).body;
    const run = await runThat(gateway, id, ({ final }) => final, 120_000);
    expect([run.status, run.outcome]).toEqual(['unknown', 'unknown']);
    expect(run.evidence?.detail.length).toBeGreaterThan(20);
    expect(startsOn(stage, 'frends')).toBe(before + 1);
    const inbox = await get<MergedList<Run>>(gateway, '/v1/runs?outcome=unknown&final=true');
    expect(inbox.body.data.map((each) => each.id)).toEqual([id]);
    const [candidate = ''] = run.evidence?.candidates ?? [];
    const nativeId = candidate.slice(candidate.indexOf(':') + 1);
    for (const [wrong, status] of [
      [`uipath:${nativeId}`, 404],
      [`frends:${id}`, 404],
      ['3:%zz', 400],
    ] as const) {
      const said = { outcome: 'applied', nativeId: wrong, note: 'seen in the portal' };
      const refused = await postTo<Problem>(gateway, id, 'resolve', said);
      expect([refused.status, refused.body['errors']]).toEqual([
        status,
        [expect.objectContaining({ at: 'nativeId' })],
      ]);
    }
    const settled = await postTo(gateway, id, 'resolve', {
      outcome: 'applied',
      nativeId: candidate.toUpperCase().replace('FRENDS', 'frends'),
      note: 'seen in the portal',
    });
    expect([settled.status, settled.body.outcome, settled.body.settlement?.note]).toEqual([
      200,
      'applied',
      'seen in the portal',
    ]);
    expect(settled.body.nativeId).toBe(nativeId);
    expect((await ended(gateway, id)).status).toBe('succeeded');
    const again = await postTo<Problem>(gateway, id, 'resolve', {
      outcome: 'not_sent',
      note: 'no',
    });
    expect([again.status, again.body.code]).toEqual([409, 'conflict']);
    expect(
      (await get<MergedList<Run>>(gateway, '/v1/runs?outcome=unknown&final=true')).body.data,
    ).toEqual([]);
  });
});

describe('a start that its platform takes without naming a run', () => {
  it('and that never shows is in doubt until a person settles it', async () => {
    const fault = { kind: 'status', status: 204 } as const;
    stage.sandbox('odsl').faults.add({ method: 'POST', path: '/process-exec', times: 1, fault });
    const before = startsOn(stage, 'odsl');
    const { id } = (await start(gateway, smoke.get('odsl') ?? '')).body;
    const run = await runThat(gateway, id, ({ final }) => final, 120_000);
    expect([run.status, run.outcome, run.evidence?.candidates]).toEqual(['unknown', 'unknown', []]);
    expect(startsOn(stage, 'odsl')).toBe(before);
    expect(run.evidence?.detail).toContain('took it');
    const untrue = { outcome: 'not_sent', note: 'nothing in its log' };
    expect((await postTo(gateway, id, 'resolve', untrue)).status).toBe(409);
    const said = { outcome: 'applied', note: 'it was taken, and is in no log' };
    const settled = await postTo(gateway, id, 'resolve', said);
    expect([settled.status, settled.body.outcome]).toEqual([200, 'applied']);
  });
});
