import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { ProcessDetail } from '../../src/domain/process.ts';
import type { Run } from '../../src/domain/run.ts';
import type { Problem } from '../../src/http/problem.ts';
import { type Gateway, Stage } from '../support/gateway.ts';
import { get, list, send } from '../support/http.ts';
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

jest.setTimeout(120_000);

const platforms = ['concord', 'frends', 'odsl', 'uipath'] as const;

let stage: Stage;
let gateway: Gateway;
let smoke: Map<string, string>;

beforeAll(async () => {
  stage = await Stage.open();
  [gateway] = await Promise.all([stage.gateway(), stage.worker()]);
  smoke = await smokeTests(gateway);
});
afterAll(() => stage.close());

const smokeOn = (platform: string): string => smoke.get(platform) ?? '';

describe.each(platforms)('a start on %s', (platform) => {
  it('is accepted at once, and says where its run is', async () => {
    const before = startsOn(stage, platform);
    const { status, headers, body } = await start(gateway, smokeOn(platform));
    expect(status).toBe(202);
    expect(headers['location']).toBe(`/v1/runs/${encodeURIComponent(body.id)}`);
    expect(Number(headers['retry-after'])).toBeGreaterThan(0);
    expect(body.id).toMatch(new RegExp(`^${platform}:r-[\\da-f]{8}-[\\da-f]{4}-7[\\da-f]{3}-`));
    expect(body.final).toBe(false);
    // The worker may have been as fast as the answer.
    expect([null, 'applied']).toContain(body.outcome);
    const run = await ended(gateway, body.id);
    expect([run.status, run.outcome, run.process]).toEqual([
      'succeeded',
      'applied',
      smokeOn(platform),
    ]);
    expect(startsOn(stage, platform)).toBe(before + 1);
  });

  it('waits for the end when asked to', async () => {
    const { status, headers, body } = await start(
      gateway,
      smokeOn(platform),
      {},
      {
        prefer: 'wait=40',
      },
    );
    expect([status, headers['preference-applied']]).toEqual([200, 'wait=40']);
    expect([body.final, body.status]).toEqual([true, 'succeeded']);
    for (const instant of [body.createdAt, body.startedAt, body.finishedAt])
      expect(instant).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  });

  it('is done once for each key, however often it is sent at once', async () => {
    const before = startsOn(stage, platform);
    const key = newKey();
    const answers = await Promise.all(
      Array.from({ length: 25 }, () =>
        start(gateway, smokeOn(platform), { labels: ['once'] }, key),
      ),
    );
    const [first] = answers.filter(({ status }) => status === 202);
    for (const { status } of answers) expect([202, 409]).toContain(status);
    const again = await start(gateway, smokeOn(platform), { labels: ['once'] }, key);
    expect([again.body.id, again.headers['idempotency-replayed']]).toEqual([first?.body.id, '?1']);
    const other = await start<Problem>(gateway, smokeOn(platform), { labels: ['other'] }, key);
    expect([other.status, other.body.code]).toEqual([422, 'idempotency_key_reused']);
    await ended(gateway, first?.body.id ?? '');
    expect(startsOn(stage, platform)).toBe(before + 1);
  });

  it('whose answer is lost is found, and not sent again', async () => {
    const before = startsOn(stage, platform);
    stage.sandbox(platform).faults.add({
      method: 'POST',
      path: '(/api/v1/process$|StartJobs|/process-exec/v1|/execute$)',
      times: 1,
      fault: { kind: 'resetAfterEffect' },
    });
    const { body } = await start(gateway, smokeOn(platform));
    const run = await runThat(gateway, body.id, ({ final }) => final, 110_000);
    expect(startsOn(stage, platform)).toBe(before + 1);
    if (platform === 'frends') {
      expect([run.status, run.outcome]).toEqual(['unknown', 'unknown']);
      expect(run.evidence?.candidates.length).toBeGreaterThan(0);
    } else expect([run.status, run.outcome]).toEqual(['succeeded', 'applied']);
  });
});

/** One of the deployed processes whose newest version requires input. */
async function asking(
  at: number,
): Promise<{ readonly id: string; readonly required: string; readonly deployed: string }> {
  // Of one that is not deployed it would be said first: 409 goes before 422.
  const { data } = (await list(gateway, '?connection=uipath&enabled=true')).body;
  const found: { id: string; required: string; deployed: string }[] = [];
  for (const { id } of data) {
    const { body } = await get<ProcessDetail>(gateway, `/v1/processes/${encodeURIComponent(id)}`);
    const [required] = (body.inputSchema?.['required'] ?? []) as string[];
    const { settings, version } = body.deployments?.[0] ?? {};
    // One with arguments of its own needs none.
    if (required === undefined || settings?.['inputArguments'] !== null) continue;
    found.push({ id, required, deployed: version ?? '' });
    if (found.length > at) break;
  }
  const one = found[at];
  if (one === undefined) throw new Error('there are fewer');
  return one;
}

describe('a start', () => {
  it('names every member of its body that is wrong', async () => {
    const { status, body } = await start<Problem>(gateway, smokeOn('uipath'), {
      input: [],
      labels: [7],
      scheduleAt: 'tomorrow',
      surprise: 1,
    });
    expect([status, body.code, body.outcome]).toEqual([400, 'invalid_request', 'not_sent']);
    const named = (body['errors'] as { at: string }[]).map(({ at }) => at).sort();
    expect(named).toEqual(['input', 'labels', 'scheduleAt', 'surprise']);
  });

  it('takes null for no member, and nothing that it could not keep', async () => {
    const url = `/v1/processes/${smokeOn('uipath')}/runs`;
    const deep = `${'['.repeat(5_000)}${']'.repeat(5_000)}`;
    const bodies = [
      ['{"input":null}', 'input'],
      ['{"version":null}', 'version'],
      ['{"options":{"jobsCount":null}}', 'options.jobsCount'],
      ['{"input":{"sum":12345678901234567890}}', 'input.sum'],
      ['{"input":{"sum":1e999}}', 'input.sum'],
      [`{"input":{"a":${deep}}}`, expect.stringMatching(/^input\.a\[0\]/)],
    ] as const;
    for (const [body, at] of bodies) {
      const headers = { 'content-type': 'application/json' };
      const answer = await send(gateway, 'post', url, { headers, body });
      expect(answer.status).toBe(400);
      expect(answer.body).toMatchObject({ outcome: 'not_sent', errors: [{ at }] });
    }
  });

  it('is told so many of its mistakes as anybody can mend at once', async () => {
    const members: Record<string, number> = {};
    for (let n = 0; n < 1_000; n += 1) members[`x${n}`] = 1;
    const { body } = await start<Problem>(gateway, smokeOn('uipath'), members);
    expect(body['errors']).toHaveLength(20);
    expect(body.detail).toMatch(/; and 980 more\.$/);
  });

  it('refuses options that its platform does not know', async () => {
    const { status, body } = await start<Problem>(gateway, smokeOn('odsl'), {
      options: { strategy: 'Specific' },
    });
    expect(status).toBe(400);
    expect(body['errors']).toEqual([expect.objectContaining({ at: 'options.strategy' })]);
  });

  it('checks its input against the schema of the process, before anything is sent', async () => {
    const { id, required } = await asking(0);
    stage.forget();
    const { status, body } = await start<Problem>(gateway, id, { input: {} });
    expect([status, body.code, body.outcome]).toEqual([422, 'invalid_input', 'not_sent']);
    expect(body['errors']).toContainEqual({ at: `input.${required}`, message: 'is required' });
  });

  it('checks its input by the version that is deployed, whatever the newest one takes', async () => {
    const { id, deployed } = await asking(1);
    const [, Id = ''] = id.split(':');
    const value = [{ Id, Version: deployed, Key: `${Id}:${deployed}`, Arguments: { Input: null } }];
    const body = JSON.stringify({ '@odata.count': 1, value });
    const fault = { kind: 'status', status: 200, body } as const;
    stage.sandbox('uipath').faults.add({ path: 'GetProcessVersions', fault });
    const { status } = await start(gateway, id, { input: {} });
    stage.forget();
    expect(status).toBe(202);
  });

  it('of what there is not is 404, and of what is not deployed 409', async () => {
    const none = await start<Problem>(gateway, 'uipath:NeverMade');
    expect(none.status).toBe(404);
    const { data } = (
      await get<{ data: { id: string; enabled: boolean | null }[] }>(
        gateway,
        '/v1/processes?connection=uipath&enabled=false',
      )
    ).body;
    const [idle] = data;
    const { status, body } = await start<Problem>(gateway, idle?.id ?? '');
    expect([status, body.code, body.outcome]).toEqual([409, 'conflict', 'not_sent']);
    expect(body.detail).toMatch(/deploy/i);
  });

  it('is held back until its time, and can be taken back before', async () => {
    const before = startsOn(stage, 'uipath');
    const scheduleAt = new Date(Date.now() + 4_000).toISOString();
    const later = await start(gateway, smokeOn('uipath'), { scheduleAt });
    const order = { scheduleAt: new Date(Date.now() + 3_600_000).toISOString() };
    const key = newKey();
    const never = await start(gateway, smokeOn('uipath'), order, key);
    expect([later.status, never.status]).toEqual([202, 202]);
    expect([later.body.scheduledAt, never.body.scheduledAt]).toEqual([
      scheduleAt,
      order.scheduleAt,
    ]);
    expect(never.headers['retry-after']).toBe('60');
    expect(startsOn(stage, 'uipath')).toBe(before);
    const run = await ended(gateway, later.body.id);
    expect(Date.parse(run.startedAt ?? '')).toBeGreaterThanOrEqual(Date.parse(scheduleAt));
    expect(startsOn(stage, 'uipath')).toBe(before + 1);
    expect(run.scheduledAt).toBe(scheduleAt);
    const taken = await postTo(gateway, never.body.id, 'cancel');
    expect([taken.status, taken.body.status, taken.body.outcome]).toEqual([
      202,
      'cancelled',
      'not_sent',
    ]);
    // Sent again it is answered as it was, with what has become of it.
    const again = await start(gateway, smokeOn('uipath'), order, key);
    expect([again.status, again.headers['idempotency-replayed']]).toEqual([202, '?1']);
    expect([again.body.id, again.body.status]).toEqual([never.body.id, 'cancelled']);
  });

  it('begins at once when its time has passed, but not a day ago', async () => {
    const ago = (hours: number): object => ({
      scheduleAt: new Date(Date.now() - hours * 3_600_000).toISOString(),
    });
    const late = await start(gateway, smokeOn('uipath'), ago(1));
    expect([late.status, late.body.scheduledAt]).toEqual([202, null]);
    expect((await ended(gateway, late.body.id)).status).toBe('succeeded');
    const { status, body } = await start<Problem>(gateway, smokeOn('uipath'), ago(25));
    expect([status, body.code, body.outcome]).toEqual([400, 'invalid_request', 'not_sent']);
    expect(body['errors']).toEqual([expect.objectContaining({ at: 'scheduleAt' })]);
  });

  it('that was accepted is told again though its platform is away', async () => {
    const alias = 'concord:platform-checks:main:Smoke%20test';
    const key = newKey();
    const first = await start(gateway, alias, null, key);
    expect(first.status).toBe(202);
    await ended(gateway, first.body.id);
    stage.sandbox('concord').faults.add({ fault: { kind: 'status', status: 503 } });
    const again = await start(gateway, alias, null, key);
    stage.forget();
    expect([again.status, again.headers['idempotency-replayed']]).toEqual([202, '?1']);
    expect([again.body.id, again.body.final]).toEqual([first.body.id, true]);
    expect(again.headers['location']).toBe(first.headers['location']);
  });

  it('of several jobs is as many runs, which know each other', async () => {
    const before = startsOn(stage, 'uipath');
    const { body } = await start(gateway, smokeOn('uipath'), { options: { jobsCount: 3 } });
    expect(body.siblings).toHaveLength(2);
    const runs: Run[] = await Promise.all(
      [body.id, ...body.siblings].map((id) => ended(gateway, id)),
    );
    expect(new Set(runs.map(({ correlationId }) => correlationId)).size).toBe(1);
    expect(new Set(runs.map(({ nativeId }) => nativeId)).size).toBe(3);
    expect(startsOn(stage, 'uipath')).toBe(before + 3);
    const listed = await get<{ data: Run[] }>(
      gateway,
      `/v1/runs?correlationId=${body.correlationId ?? ''}`,
    );
    expect(listed.body.data.map(({ id }) => id).sort()).toEqual(runs.map(({ id }) => id).sort());
  });

  it('that the platform refuses says so, with a link to its record', async () => {
    stage.sandbox('concord').faults.add({
      method: 'POST',
      path: '/api/v1/process$',
      times: 1,
      fault: {
        kind: 'status',
        status: 400,
        body: JSON.stringify({ message: 'no such thing here' }),
      },
    });
    const answer = await start<Problem>(gateway, smokeOn('concord'), {}, { prefer: 'wait=30' });
    expect([answer.status, answer.body.code, answer.body.outcome]).toEqual([
      422,
      'upstream_rejected',
      'rejected',
    ]);
    const run = await runOf(gateway, String(answer.body['run']));
    expect([run.status, run.final, run.outcome]).toEqual(['failed', true, 'rejected']);
  });

  it('is tried again while nothing can have left, as long as that makes sense', async () => {
    const before = startsOn(stage, 'odsl');
    stage.sandbox('odsl').faults.add({
      method: 'POST',
      path: '/process-exec/v1',
      times: 2,
      fault: { kind: 'status', status: 429, headers: { 'retry-after': '1' } },
    });
    const { body } = await start(gateway, smokeOn('odsl'), {}, { prefer: 'wait=40' });
    expect([body.status, body.outcome]).toEqual(['succeeded', 'applied']);
    expect(startsOn(stage, 'odsl')).toBe(before + 1);
  });

  it('needs a key where the configuration says so', async () => {
    const strict = await stage.gateway({ config: { runs: { requireIdempotencyKey: true } } });
    const { status, body } = await start<Problem>(strict, smokeOn('odsl'));
    expect([status, (body['errors'] as { at: string }[])[0]?.at]).toEqual([400, 'Idempotency-Key']);
    expect((await start(strict, smokeOn('odsl'), {}, newKey())).status).toBe(202);
  });
});
