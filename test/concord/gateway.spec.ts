import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { ConcordStage } from './gateway-stage.ts';
import { realServer } from './server.ts';

interface Listed {
  readonly id: string;
  readonly key: string;
  readonly name: string;
  readonly enabled: boolean | null;
  readonly schedule: readonly { readonly dialect: string }[] | null;
  readonly links: {
    readonly self: { readonly href: string };
    readonly start: { readonly href: string } | null;
  };
}

/** The whole way: HTTP, catalogue, adapter, and a Concord that this project did not write. */
describe('the gateway on a real Concord', () => {
  let stage: ConcordStage;
  let base: string;

  beforeAll(async () => {
    const auth = { type: 'apiKey', key: { env: 'WRONG_KEY' } };
    stage = await ConcordStage.open({ concord: {}, wrong: { auth } }, 0);
    base = stage.baseUrl;
  }, 60_000);

  afterAll(() => stage.close());

  const get = async <T>(path: string): Promise<{ status: number; body: T }> => {
    const answer = await fetch(`${base}${path}`);
    return { status: answer.status, body: (await answer.json()) as T };
  };
  const list = async (): Promise<readonly Listed[]> =>
    (await get<{ data: Listed[] }>('/v1/processes?connection=concord')).body.data;

  test('lists the flows of its repositories', async () => {
    const flows = await list();
    expect(flows.map(({ name }) => name)).toContain('Smoke test');
    expect(flows.length).toBeGreaterThan(3);
  });

  test('answers every one of them by its own link, and by its aliases', async () => {
    for (const { id, key, links } of await list()) {
      expect((await get<Listed>(links.self.href)).body.id).toBe(id);
      const [organization, project, repository] = key.split(':');
      if (organization !== 'Default') continue;
      const alias = await get<Listed>(`/v1/processes/concord:${project ?? ''}:${repository ?? ''}`);
      expect(alias.body.key).toBe(`Default:${project ?? ''}:${repository ?? ''}:`);
    }
  });

  test('has the platform’s own start page and cron triggers', async () => {
    const flows = await list();
    expect(flows.some(({ links }) => links.start?.href.startsWith(realServer().url) === true)).toBe(
      true,
    );
    expect(flows.flatMap(({ schedule }) => schedule ?? []).map(({ dialect }) => dialect)).toContain(
      'unix-cron',
    );
  });

  test('tells how it is, also with a wrong key', async () => {
    const { body } = await get<{ health: { status: string }; upstream: { version: string } }>(
      '/v1/connections/concord',
    );
    expect(body.health.status).toBe('ok');
    expect(body.upstream.version).toMatch(/^\d+\.\d+\.\d+/);
    const wrong = await get<{ health: { status: string } }>('/v1/connections/wrong');
    expect(wrong.body.health.status).toBe('unauthorized');
  });

  test('lists the good connection, and says what is wrong with the other', async () => {
    const { body } = await get<{
      sources: { connection: string; status: string; problem: { code: string } | null }[];
    }>('/v1/processes');
    const wrong = body.sources.find(({ connection }) => connection === 'wrong');
    expect(wrong).toMatchObject({ status: 'failed', problem: { code: 'upstream_auth_failed' } });
  });

  test('says 501 for what Concord lacks and 404 for what is not there', async () => {
    const [flow] = await list();
    expect((await get(`${flow?.links.self.href ?? ''}/versions`)).status).toBe(501);
    expect((await get('/v1/processes/concord:No:such:flow:here')).status).toBe(404);
  });
});
