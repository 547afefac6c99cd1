import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { Process } from '../../src/domain/process.ts';
import { type Gateway, Stage } from '../support/gateway.ts';
import { type Answer, get, list, type MergedList, nextOf } from '../support/http.ts';
import { type OwnRedis, startOwnRedis } from '../support/redis.ts';

jest.setTimeout(300_000);

const perPlatform = 12_500;
const platforms = ['concord', 'frends', 'odsl', 'uipath'];

let redis: OwnRedis;
let stage: Stage;
let gateway: Gateway;
let everything: Process[];

beforeAll(async () => {
  redis = await startOwnRedis();
  stage = await Stage.open({
    size: perPlatform,
    redisUrl: redis.url,
    // Nothing is read anew on the way, and nobody is answered before everything is there.
    config: { catalogue: { ttl: '1h', deadline: '2m' } },
    connection: { timeout: '60s' },
  });
  gateway = await stage.gateway();
  everything = await walk('/v1/processes?limit=200');
});
afterAll(async () => {
  await stage.close();
  await redis.remove();
});

/** Every item of a list, page by page. */
async function walk(first: string): Promise<Process[]> {
  const found: Process[] = [];
  for (let path: string | null = first; path !== null;) {
    const page: Answer<MergedList> = await get<MergedList>(gateway, path);
    expect(page.status).toBe(200);
    found.push(...page.body.data);
    path = nextOf(page);
  }
  return found;
}

const namesOf = (processes: readonly Process[]) => processes.map(({ name }) => name.toLowerCase());

describe('fifty thousand processes of four platforms', () => {
  it('are one list, walked from end to end, each of them once', async () => {
    const { body, headers } = await list(gateway, '?limit=1');
    expect(headers['gateway-complete']).toBe('?1');
    for (const { status, count } of body.sources) {
      expect([status, count]).toEqual(['fresh', expect.any(Number)]);
      expect(count).toBeGreaterThanOrEqual(perPlatform - 10);
    }
    expect(body.sources.map(({ platform }) => platform)).toEqual(platforms);
    expect(body.page.total).toBe(everything.length);
    expect(everything.length).toBeGreaterThan(49_900);
    expect(new Set(everything.map(({ id }) => id)).size).toBe(everything.length);
  });

  it('are filtered as every one of them says', async () => {
    const asked = await walk(
      '/v1/processes?limit=200&q=iberia&enabled=true&platform=odsl&platform=uipath',
    );
    const expected = everything.filter(
      ({ name, key, description, enabled, platform }) =>
        ['odsl', 'uipath'].includes(platform) &&
        enabled === true &&
        [name, key, description ?? ''].some((text) => text.toLowerCase().includes('iberia')),
    );
    expect(expected.length).toBeGreaterThan(500);
    expect(asked.map(({ id }) => id)).toEqual(expected.map(({ id }) => id));
    const last = everything.at(-1);
    const { body } = await list(gateway, `?key=${encodeURIComponent(last?.key ?? '')}`);
    expect(body.data.map(({ id }) => id)).toContain(last?.id);
  });

  it('are sorted, the last as the first', async () => {
    const reversed = await walk(
      '/v1/processes?limit=200&sort=-name&platform=frends&platform=concord',
    );
    const own = everything.filter(({ platform }) => ['frends', 'concord'].includes(platform));
    expect(namesOf(reversed)).toEqual(namesOf(own).reverse());
  });

  it('cost no more than a page, once their lists are known', async () => {
    stage.forget();
    const traffic = async () =>
      Number(/total_net_output_bytes:(\d+)/.exec(await stage.redis.info('stats'))?.[1]);
    const before = await traffic();
    const queries = ['?q=payment', '?sort=-updatedAt', '?label=finance', '?platform=odsl&name=a'];
    let answered = 0;
    for (const query of [...queries, ...queries]) {
      const { text, body } = await list(gateway, `${query}&limit=50`);
      expect(body.data.length).toBeLessThanOrEqual(50);
      answered += text.length;
    }
    // Nothing is asked of a platform, and what Redis sends is of the size of the pages, not of the lists.
    expect(stage.requestCount()).toBe(0);
    expect((await traffic()) - before).toBeLessThan(answered + 64 * 1_024);
  });
});
