import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { BatchResult } from '../../src/changes/batch.dto.ts';
import type { Problem } from '../../src/http/problem.ts';
import { change } from '../support/changes.ts';
import { type Gateway, Stage } from '../support/gateway.ts';
import { type Answer, at, get } from '../support/http.ts';
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
      expect.stringContaining('is uipath:SmokeTest, as another item is'),
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
