import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { ask } from '../support/data-folders.ts';
import { eventually } from '../support/eventually.ts';
import { partsOf } from '../support/everything.ts';
import { sandboxSecrets } from '../support/gateway.ts';
import { list } from '../support/http.ts';
import { type OwnRedis, startOwnRedis } from '../support/redis.ts';
import { RefusedStarts } from '../support/refused-starts.ts';

jest.setTimeout(60_000);

const starts = new RefusedStarts();

describe('a Redis that may forget', () => {
  let redis: OwnRedis;
  beforeAll(async () => {
    redis = await startOwnRedis();
    await ask(redis.url, async (client) => {
      await client.config('SET', 'appendonly', 'no');
      await client.config('SET', 'maxmemory-policy', 'allkeys-lru');
    });
  });
  afterAll(() => redis.remove());

  it('is warned about, loudly, and used', async () => {
    const up = await starts.folder.start({
      ...sandboxSecrets,
      REDIS_URL: redis.url,
      GATEWAY_CONFIG: starts.config({}),
    });
    expect(up.output).toMatch(/WARNING: Redis may lose accepted work: .*append-only file/);
    expect(up.output).toMatch(/WARNING: Redis may lose accepted work: .*allkeys-lru/);
    // The configuration's connection instead of the sandboxes.
    const { body } = await list(starts.folder);
    expect(body.sources).toMatchObject([{ connection: 'odsl', status: 'fresh' }]);
    expect(starts.stage.sandbox('odsl').requests()).not.toHaveLength(0);
    expect([...partsOf(up).keys()]).toEqual(['gateway', 'worker']);
    expect(up.output).toContain('as named by REDIS_URL or the configuration');
    expect(up.output).not.toContain(new URL(redis.url).password);
    const logged = await eventually(() => {
      const text = readFileSync(join(starts.folder.path, 'logs', 'worker.log'), 'utf8');
      expect(text).toContain('"msg":"working"');
      return text;
    });
    for (const line of logged.trim().split('\n')) expect(line).toMatch(/^\{/);
    await up.stop();
  });

  it('is told of by a start that is refused for something else', async () => {
    const broken = { zapier: { platform: 'zapier' } };
    const env = { REDIS_URL: redis.url };
    for (const name of ['start', 'main', 'worker'] as const) {
      const warned = { GATEWAY_CONFIG: starts.config({ connections: broken }), ...env };
      const warning = /connections\.zapier[\s\S]*WARNING: Redis may lose .*append-only file/;
      expect(await starts.refusal(name, warned)).toMatch(warning);
      const sections = { redis: { requireDurable: true }, connections: broken };
      const refused = { GATEWAY_CONFIG: starts.config(sections), ...env };
      const problem = /- \d+\.yaml: connections\.zapier[\s\S]*- Redis may lose .*append-only file/;
      expect(await starts.refusal(name, refused)).toMatch(problem);
    }
  });

  it('is warned about as long as nobody demands the replica that it has', async () => {
    const second = await startOwnRedis();
    const { port, hostname, password } = new URL(redis.url);
    await ask(second.url, async (client) => {
      await client.config('SET', 'masterauth', password);
      await client.replicaof(hostname, Number(port));
    });
    await ask(redis.url, async (client) => {
      await eventually(async () => {
        expect(await client.info('replication')).toContain('connected_slaves:1');
      });
    });
    const broken = { zapier: { platform: 'zapier' } };
    const said = (section: Readonly<Record<string, unknown>>): Promise<string> => {
      const config = starts.config({ redis: section, connections: broken });
      return starts.refusal('worker', { REDIS_URL: redis.url, GATEWAY_CONFIG: config });
    };
    const warning = /WARNING: Redis has a replica, .*redis\.minReplicas to 1/;
    expect(await said({})).toMatch(warning);
    expect(await said({ minReplicas: 1 })).not.toMatch(warning);
    await second.remove();
  });

  it('is refused where it has to be durable, by every program', async () => {
    const env = {
      REDIS_URL: redis.url,
      GATEWAY_CONFIG: starts.config({ redis: { requireDurable: true } }),
    };
    for (const name of ['start', 'main', 'worker'] as const) {
      const said = await starts.refusal(name, env);
      expect(said).toMatch(/- Redis may lose accepted work: .*append-only file/);
      expect(said).toMatch(/- Redis may lose accepted work: .*allkeys-lru/);
      expect(said).not.toContain(new URL(redis.url).password);
    }
  });
});
