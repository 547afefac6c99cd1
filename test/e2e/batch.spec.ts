import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import type { BatchResult } from '../../src/changes/batch.dto.ts';
import type { Problem } from '../../src/http/problem.ts';
import { change } from '../support/changes.ts';
import { eventually } from '../support/eventually.ts';
import { type Gateway, Stage } from '../support/gateway.ts';
import { type Answer, at, get, list } from '../support/http.ts';
import { newKey } from '../support/runs.ts';

jest.setTimeout(60_000);

let stage: Stage;
let gateway: Gateway;

beforeAll(async () => {
  stage = await Stage.open();
  [gateway] = await Promise.all([stage.gateway(), stage.worker()]);
});
afterEach(() => {
  stage.forget();
});
afterAll(() => stage.close());

interface Results {
  readonly data: readonly BatchResult[];
}

const configuration = { service: 'ETL', script: 'return 1' };

function batch<T = Results>(
  items: readonly unknown[],
  query = '?wait=20',
  headers: Readonly<Record<string, string>> = {},
): Promise<Answer<T>> {
  return change<T>(gateway, 'post', `/v1/processes/batch${query}`, { items }, headers);
}

/** How often a process was really saved. */
function saved(key: string): number {
  return stage
    .sandbox('odsl')
    .ledger()
    .filter((each) => each.effect === 'process.saved' && each.details['id'] === key).length;
}

/** Where keys are kept that requests have said. */
function claims(): Promise<string[]> {
  return stage.redis.keys(`${stage.prefix}:idempotency:*`);
}

const told = ({ body }: Answer<Results>) =>
  body.data.map(({ status, operation, problem }) => [
    status,
    operation?.outcome ?? null,
    problem?.code ?? null,
  ]);

describe('a batch', () => {
  it('does what can be done on each platform, and says of each what became of it', async () => {
    const answer = await batch([
      { op: 'put', id: 'odsl:BATCH_1', body: configuration },
      { op: 'delete', id: 'odsl:NO_SUCH' },
      { op: 'activate_version', id: 'uipath:SmokeTest', version: '1.0.0', body: { active: true } },
      { op: 'update', id: 'odsl:SMOKE_TEST', body: { labels: ['a'] } },
      { op: 'update', id: 'odsl:BATCH_2', body: { enabled: 'yes' } },
    ]);
    expect(answer.status).toBe(200);
    expect(told(answer)).toEqual([
      [201, 'applied', null],
      [404, null, 'not_found'],
      [200, 'applied', null],
      [501, null, 'capability_not_supported'],
      [400, null, 'invalid_request'],
    ]);
    expect((await get(gateway, at('odsl:BATCH_1'))).status).toBe(200);
  });

  it('is done once for its key, and is another one with another item', async () => {
    const key = newKey();
    const items = [
      { op: 'put', id: 'odsl:BATCH_3', body: configuration },
      { op: 'put', id: 'odsl:BATCH_4', body: configuration },
    ];
    const first = await batch(items, '?wait=20', key);
    const again = await batch(items, '?wait=20', key);
    expect([again.status, again.headers['idempotency-replayed']]).toEqual([200, '?1']);
    expect(again.body.data.map(({ operation }) => operation?.id)).toEqual(
      first.body.data.map(({ operation }) => operation?.id),
    );
    expect([saved('BATCH_3'), saved('BATCH_4')]).toEqual([1, 1]);
    const more = [...items, { op: 'put', id: 'odsl:BATCH_6', body: configuration }];
    const other = await batch<Problem>(more, '?wait=20', key);
    expect([other.status, other.body.code]).toEqual([422, 'idempotency_key_reused']);
    expect(saved('BATCH_6')).toBe(0);
  });

  it('that goes on is answered once more to whoever asks again with its key', async () => {
    const key = newKey();
    stage.sandbox('odsl').faults.add({
      method: 'POST',
      path: 'process/v1',
      times: 1,
      fault: { kind: 'latency', ms: 2_000 },
    });
    const items = [{ op: 'put', id: 'odsl:BATCH_12', body: configuration }];
    const first = batch(items, '?wait=20', key);
    await sleep(1_000);
    const again = await batch(items, '', key);
    expect([again.status, again.headers['idempotency-replayed']]).toEqual([202, '?1']);
    expect(told(await first)).toEqual([[201, 'applied', null]]);
  });

  it('is the same in whatever order its members are said', async () => {
    const key = newKey();
    const item = { op: 'put', id: 'odsl:BATCH_7', body: configuration };
    const [first, again] = [
      await batch([item], '?wait=20', key),
      await batch(
        [{ body: { script: 'return 1', service: 'ETL' }, id: item.id, op: item.op }],
        '?wait=20',
        key,
      ),
    ];
    expect([first.status, again.status]).toEqual([200, 200]);
    expect(again.headers['idempotency-replayed']).toBe('?1');
  });

  it('that was refused whole gives its key back, and one of which anything was accepted keeps it', async () => {
    const key = newKey();
    const missing = { op: 'delete', id: 'odsl:NO_SUCH' };
    const put = { op: 'put', id: 'odsl:BATCH_8', body: configuration };
    expect(told(await batch([missing], '?wait=20', key))).toEqual([[404, null, 'not_found']]);
    const corrected = await batch([put, missing], '?wait=20', key);
    expect(told(corrected)).toEqual([
      [201, 'applied', null],
      [404, null, 'not_found'],
    ]);
    const other = await batch<Problem>([put], '?wait=20', key);
    expect([other.status, other.body.code]).toEqual([422, 'idempotency_key_reused']);
  });

  it('keeps its key for as long as any of its items keeps theirs', async () => {
    const key = newKey();
    const items = [{ op: 'put', id: 'odsl:BATCH_9', body: configuration }];
    const before = new Set(await claims());
    await batch(items, '?wait=20', key);
    const made = (await claims()).filter((name) => !before.has(name));
    expect(made).toHaveLength(2);
    const leftMs = async (): Promise<readonly number[]> =>
      Promise.all(made.map((name) => stage.redis.pttl(name)));
    const claimed = await Promise.all(made.map((name) => stage.redis.get(name)));
    const own = claimed.findIndex((text) => text?.includes('"done"'));
    const left = await leftMs();
    expect(left[own]).toBe(Math.max(...left));
    await stage.redis.pexpire(made[own] ?? '', 60_000);
    await batch(items, '?wait=20', key);
    expect((await leftMs())[own]).toBeGreaterThan(6 * 24 * 3_600_000);
  });

  it('answers at once where nobody waits, and its changes go on', async () => {
    const items = Array.from({ length: 40 }, (_, index) => ({
      op: 'put',
      id: `odsl:MANY_${index}`,
      body: configuration,
    }));
    const answer = await batch(items, '');
    expect(answer.status).toBe(202);
    for (const { operation } of answer.body.data) {
      const path = `/v1/operations/${operation?.id ?? ''}?wait=30`;
      expect((await get<{ status: string }>(gateway, path)).body.status).toBe('succeeded');
    }
  });

  it('with validateOnly says what each would do, and does nothing', async () => {
    const { status, body } = await batch(
      [{ op: 'put', id: 'odsl:BATCH_5', body: configuration }],
      '?validateOnly=true',
    );
    expect([status, body.data[0]?.plan?.items[0]?.effect]).toEqual([200, 'created']);
    expect((await get(gateway, at('odsl:BATCH_5'))).status).toBe(404);
  });

  it('is not about one process twice, however it is named', async () => {
    const { body } = await batch([
      { op: 'activate_version', id: 'uipath:SmokeTest', version: '1.0.0', body: { active: true } },
      { op: 'delete_version', id: 'uipath:SmokeTest:1.0.0', version: '1.0.0' },
    ]);
    const refused = body.data.filter(({ status }) => status === 400);
    expect(refused.map(({ problem }) => problem?.detail)).toEqual([
      expect.stringContaining('is about uipath:SmokeTest, as another item is'),
    ]);
  });

  it('that is repeated with its key has the same items refused, and the line of each in the log', async () => {
    const flows = (await list(gateway, '?connection=concord')).body.data
      .map(({ id }) => id)
      .filter((id) => id.includes('platform-checks'))
      .slice(0, 2);
    const items = flows.map((id, at) => ({
      op: 'update',
      id,
      confirm: 'repository',
      body: { enabled: at === 0 },
    }));
    const told = async (requestId: string) => {
      const headers = { 'idempotency-key': 'batch-of-doubles', 'x-request-id': requestId };
      const { data } = (await batch(items, '?wait=20', headers)).body;
      return data.map(({ status, operation }) => [status, operation?.id]);
    };
    const [[first, id] = [], second] = await told('doubles-1');
    expect([first, second]).toEqual([200, [400, undefined]]);
    expect(await told('doubles-2')).toEqual([
      [200, id],
      [400, undefined],
    ]);
    await eventually(() => {
      const lines = gateway.logs().filter(({ msg }) => msg === 'A change of a batch was refused');
      expect(lines.filter(({ requestId }) => requestId === 'doubles-2')).toEqual([
        expect.objectContaining({
          audit: 'update',
          process: flows[1],
          caller: 'anonymous',
          connection: 'concord',
          outcome: 'not_sent',
          status: 400,
        }),
      ]);
    });
  });

  it('is not about flows of one repository, or about a process and the one that gets its key', async () => {
    const flows = (await list(gateway, '?connection=concord')).body.data
      .map(({ id }) => id)
      .filter((id) => id.includes('platform-checks'))
      .slice(0, 2);
    await batch([{ op: 'put', id: 'odsl:BATCH_10', body: configuration }]);
    const { body } = await batch(
      [
        ...flows.map((id) => ({
          op: 'update',
          id,
          confirm: 'repository',
          body: { enabled: true },
        })),
        { op: 'update', id: 'odsl:BATCH_10', body: { key: 'BATCH_11' } },
        { op: 'put', id: 'odsl:BATCH_11', body: configuration },
      ],
      '?validateOnly=true',
    );
    const refused = body.data.flatMap(({ problem }) => (problem === null ? [] : [problem]));
    const repository = flows[0]?.split(':').slice(0, 4).join(':') ?? '';
    expect(refused.map(({ status, detail }) => [status, detail])).toEqual([
      [400, expect.stringContaining(`is about ${repository}, as another item is`)],
      [400, expect.stringContaining('is about odsl:BATCH_11, as another item is')],
    ]);
  });

  it.each([
    ['nothing', [], 'items'],
    [
      'too much',
      Array.from({ length: 201 }, (_, each) => ({ op: 'delete', id: `odsl:A${each}` })),
      'items',
    ],
    [
      'the same twice',
      [
        { op: 'delete', id: 'odsl:A' },
        { op: 'rollback', id: 'odsl:A' },
      ],
      'items[1].id',
    ],
    ['something that is no change', [{ op: 'explode', id: 'odsl:A' }], 'items[0].op'],
    ['no object', ['odsl:A'], 'items[0]'],
    ['a version in vain', [{ op: 'delete', id: 'odsl:A', version: '1' }], 'items[0].version'],
    ['no tag', [{ op: 'tag_version', id: 'odsl:A', version: '1' }], 'items[0].tag'],
    ['a condition in vain', [{ op: 'delete', id: 'odsl:A', ifMatch: '"1"' }], 'items[0].ifMatch'],
    ['an unknown member', [{ op: 'delete', id: 'odsl:A', force: true }], 'items[0].force'],
  ])('of %s is refused whole, naming the place', async (_name, items, place) => {
    const { status, body } = await batch<Problem>(items);
    expect([status, body.outcome]).toEqual([400, 'not_sent']);
    expect((body['errors'] as { at: string }[])[0]?.at).toBe(place);
  });
});
