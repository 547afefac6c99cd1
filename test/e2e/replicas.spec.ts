import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { ReadinessDto } from '../../src/health/health.dto.ts';
import { eventually } from '../support/eventually.ts';
import { Stage } from '../support/gateway.ts';
import { get, list, type MergedList } from '../support/http.ts';

jest.setTimeout(60_000);

let stage: Stage;

beforeAll(async () => {
  stage = await Stage.open({ config: { catalogue: { deadline: '15s' } } });
});
afterEach(() => {
  stage.forget();
});
afterAll(() => stage.close());

const shared = (name: string, deadline = '15s') => ({
  config: { redis: { prefix: `${stage.prefix}.${name}` }, catalogue: { deadline } },
});
/** What was read of each platform. Signing in is left out: each process does so that has something to ask. */
const reads = () =>
  [...stage.sandboxes].map(([name, sandbox]) => [
    name,
    sandbox
      .requests()
      .filter((request) => request.startsWith('GET '))
      .sort(),
  ]);

describe('two gateways on one Redis', () => {
  it('read every platform once, however many ask at once', async () => {
    const alone = await stage.gateway(shared('alone'));
    await list(alone);
    const once = reads();
    await alone.stop();
    stage.forget();

    const pair = await Promise.all([stage.gateway(shared('pair')), stage.gateway(shared('pair'))]);
    const calls = Array.from({ length: 200 }, (_, index) => index);
    const answers = await Promise.all(
      calls.map(async (index) => list(pair[index % 2 === 0 ? 0 : 1], '?limit=20')),
    );
    const warnings = pair.flatMap((gateway) =>
      gateway.logs().filter(({ level }) => level === 'warn' || level === 'error'),
    );
    expect(warnings).toEqual([]);
    expect(reads()).toEqual(once);
    expect(new Set(answers.map(({ headers }) => headers['etag'])).size).toBe(1);
    expect(new Set(answers.map(({ headers }) => headers['gateway-complete']))).toEqual(
      new Set(['?1']),
    );
    stage.forget();
    await Promise.all(pair.map((gateway) => list(gateway, '?sort=-updatedAt')));
    expect(stage.requestCount()).toBe(0);
    await Promise.all(pair.map((gateway) => gateway.stop()));
  });

  it('walk each other’s cursors', async () => {
    const [one, other] = await Promise.all([
      stage.gateway(shared('cursors')),
      stage.gateway(shared('cursors')),
    ]);
    const first = await list(one, '?limit=30');
    const rest = await list(other, `?limit=200&cursor=${first.body.page.nextCursor ?? ''}`);
    const whole = await list(other, '?limit=200');
    expect([...first.body.data, ...rest.body.data]).toEqual(whole.body.data);
    await Promise.all([one.stop(), other.stop()]);
  });

  it('lose nothing when one is killed while it reads a platform', async () => {
    const lost = await stage.gateway(shared('lost', '1s'));
    const odsl = stage.sandbox('odsl');
    odsl.faults.add({ path: '/process/v1', fault: { kind: 'hang' } });
    const partial = await list(lost, '?limit=200');
    expect(partial.headers['gateway-complete']).toBe('?0');
    await lost.kill();
    stage.forget();
    const next = await stage.gateway(shared('lost', '1s'));
    const first = await list(next, '?limit=200');
    expect(first.body.data).toEqual(partial.body.data);
    expect(stage.requestCount()).toBe(0);
    const whole = await eventually(async () => {
      const answer = await list(next, '?limit=200');
      expect(answer.headers['gateway-complete']).toBe('?1');
      return answer;
    }, 30_000);
    expect(whole.body.data.filter(({ platform }) => platform === 'odsl')).not.toHaveLength(0);
    await next.stop();
  });
});

describe('a gateway that is asked to end', () => {
  it('finishes what is under way, says that it drains, and keeps what it has read', async () => {
    const gateway = await stage.gateway(shared('drain'));
    const { body } = await list(gateway, '?platform=odsl&limit=1');
    const self = body.data[0]?.links.self.href ?? '';
    stage.forget();
    const odsl = stage.sandbox('odsl');
    odsl.faults.add({ path: '/process/v1', fault: { kind: 'latency', ms: 2_500 } });
    const whole = get<MergedList>(gateway, '/v1/processes?limit=200', {
      'cache-control': 'no-cache',
    });
    const one = get(gateway, `${self}?include=native`);
    await eventually(() => {
      const asked = odsl.requests();
      expect(asked.filter((request) => request.includes('/process/v1'))).toHaveLength(2);
    });
    gateway.signal('SIGTERM');
    await eventually(async () => {
      const { status, body: ready } = await get<ReadinessDto>(gateway, '/health/ready');
      expect([status, ready.status]).toEqual([503, 'draining']);
    }, 2_000);
    expect([(await whole).status, (await one).status]).toEqual([200, 200]);
    expect((await whole).headers['gateway-complete']).toBe('?1');
    const { signal } = await gateway.end();
    expect(signal).toBe('SIGTERM');
    expect(gateway.logs().filter(({ level }) => level === 'error')).toEqual([]);
    const next = await stage.gateway(shared('drain'));
    stage.forget();
    const kept = await get<MergedList>(next, '/v1/processes', {
      'cache-control': 'only-if-cached',
    });
    expect([kept.status, stage.requestCount()]).toEqual([200, 0]);
    await next.stop();
  });

  it('ends at once where nothing is under way', async () => {
    const gateway = await stage.gateway(shared('idle'));
    await get(gateway, '/v1/platforms', { connection: 'keep-alive' });
    gateway.signal('SIGTERM');
    await gateway.end(10_000);
  });
});
