import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { Process } from '../../src/domain/process.ts';
import { type Gateway, Stage } from '../support/gateway.ts';
import { get, list, type MergedList, nextOf, send } from '../support/http.ts';

jest.setTimeout(30_000);

const members = [
  ...['id', 'connection', 'platform', 'key', 'name', 'description', 'kind', 'enabled'],
  ...['latestVersion', 'labels', 'service', 'schedule', 'createdAt', 'updatedAt', 'updatedBy'],
  ...['capabilities', 'links', 'native'],
];
const instant = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

let stage: Stage;
let gateway: Gateway;
let everything: readonly Process[];

beforeAll(async () => {
  stage = await Stage.open();
  gateway = await stage.gateway();
  everything = (await list(gateway, '?limit=200')).body.data;
});
afterAll(() => stage.close());

describe('the list of all processes', () => {
  it('has one shape over four platforms, with no member left out', () => {
    expect(new Set(everything.map(({ platform }) => platform))).toEqual(
      new Set(['uipath', 'concord', 'odsl', 'frends']),
    );
    for (const process of everything) {
      expect(Object.keys(process)).toEqual(members);
      expect(Object.keys(process.links)).toEqual([
        ...['self', 'versions', 'package', 'deployments', 'start'],
      ]);
      expect(process).toMatchObject({ native: null, id: `${process.connection}:${process.key}` });
      for (const at of [process.createdAt, process.updatedAt]) {
        if (at !== null) expect(at).toMatch(instant);
      }
    }
  });

  it('says of every source how fresh it is, and counts them up', async () => {
    const { body, headers } = await list(gateway);
    expect(headers).toMatchObject({
      'gateway-complete': '?1',
      'content-type': 'application/json; charset=utf-8',
    });
    expect(body.sources.map(({ connection }) => connection)).toEqual([
      ...['concord', 'frends', 'odsl', 'uipath'],
    ]);
    for (const source of body.sources) {
      expect(source).toMatchObject({ status: 'fresh', problem: null });
      expect(source.asOf).toMatch(instant);
    }
    const sum = body.sources.reduce((total, { count }) => total + (count ?? 0), 0);
    expect(body.page.total).toBe(sum);
    expect(sum).toBe(everything.length);
    expect(body.data).toHaveLength(50);
  });

  it('has a process called exactly Smoke test on every platform', async () => {
    const { body } = await list(gateway, '?name=smoke%20TEST');
    expect(body.data.map(({ name, platform }) => `${platform}: ${name}`)).toEqual([
      ...['concord: Smoke test', 'frends: Smoke test', 'odsl: Smoke test', 'uipath: Smoke test'],
    ]);
  });

  it('is walked by Link, every process once', async () => {
    const walked: string[] = [];
    let path: string | null = '/v1/processes?limit=7&sort=-name';
    while (path !== null) {
      const page = await get<MergedList>(gateway, path);
      expect(page.status).toBe(200);
      walked.push(...page.body.data.map(({ id }) => id));
      expect(page.body.page.total).toBe(everything.length);
      path = nextOf(page);
      if (path === null) expect(page.body.page.nextCursor).toBeNull();
      else expect(path).toContain(`cursor=${page.body.page.nextCursor ?? ''}`);
    }
    expect(new Set(walked).size).toBe(walked.length);
    expect(new Set(walked)).toEqual(new Set(everything.map(({ id }) => id)));
  });

  it('refuses a cursor that was changed, or that comes with other filters', async () => {
    const { body } = await list(gateway, '?limit=5');
    const cursor = body.page.nextCursor ?? '';
    const middle = Math.floor(cursor.length / 2);
    const other = cursor[middle] === 'A' ? 'B' : 'A';
    const changed = cursor.slice(0, middle) + other + cursor.slice(middle + 1);
    for (const query of [`cursor=${changed}`, `cursor=${cursor}&q=invoice`, 'cursor=none']) {
      const { status, body: problem } = await get(gateway, `/v1/processes?${query}`);
      expect([query, status, problem.code]).toEqual([query, 400, 'invalid_request']);
    }
    const { status } = await get(gateway, `/v1/processes?limit=9&cursor=${cursor}`);
    expect(status).toBe(200);
  });
});

describe('the cache of the list', () => {
  it('answers 304 to who has the list already', async () => {
    const first = await list(gateway, '?limit=3');
    expect(first.headers['etag']).toMatch(/^W\/"[\w-]+"$/);
    const etag = first.headers['etag'] ?? '';
    for (const known of [etag, etag.slice(2), `"other", ${etag}`, '*']) {
      const { status, headers, text } = await get(gateway, '/v1/processes?limit=3', {
        'if-none-match': known,
      });
      expect([known, status, text]).toEqual([known, 304, '']);
      expect(headers).toMatchObject({ etag, 'cache-control': 'private', 'gateway-complete': '?1' });
    }
    const others = await get(gateway, '/v1/processes?limit=4', { 'if-none-match': etag });
    expect(others.status).toBe(200);
  });

  it('says how old the list is and whether a platform had to be asked', async () => {
    const { headers } = await list(gateway);
    expect(headers['cache-status']).toMatch(/^process-gateway; hit; ttl=-?\d+$/);
    expect(Number(headers['age'])).toBeLessThan(60);
    expect(headers['cache-control']).toBe('private');
  });

  it('asks the platforms again when the caller wants it, and only then', async () => {
    const before = await list(gateway);
    stage.forget();
    await list(gateway);
    await get(gateway, '/v1/processes', { 'cache-control': 'max-age=600' });
    expect(stage.requestCount()).toBe(0);
    const after = await get<MergedList>(gateway, '/v1/processes', { 'cache-control': 'no-cache' });
    expect(stage.requestCount()).toBeGreaterThan(0);
    expect(after.headers['cache-status']).toBe('process-gateway; fwd=request; stored');
    for (const [index, { asOf }] of after.body.sources.entries()) {
      expect(Date.parse(asOf ?? '')).toBeGreaterThan(
        Date.parse(before.body.sources[index]?.asOf ?? ''),
      );
    }
    expect(after.headers['etag']).toBe(before.headers['etag']);
  });

  it('asks nobody for who wants only what is kept', async () => {
    const cold = await stage.gateway({ config: { redis: { prefix: `${stage.prefix}.cold` } } });
    stage.forget();
    const nothing = await get(cold, '/v1/processes', { 'cache-control': 'only-if-cached' });
    expect([nothing.status, nothing.body.code]).toEqual([504, 'not_cached']);
    expect(stage.requestCount()).toBe(0);
    const first = await list(cold);
    expect(first.headers['cache-status']).toBe('process-gateway; fwd=uri-miss; stored');
    const kept = await get(cold, '/v1/processes', { 'cache-control': 'only-if-cached' });
    expect(kept.status).toBe(200);
    await cold.stop();
  });
});

describe('callers', () => {
  it('may ask by HEAD', async () => {
    const whole = await list(gateway, '?limit=5');
    const { status, headers } = await send(gateway, 'head', '/v1/processes?limit=5');
    expect(status).toBe(200);
    expect(headers).toMatchObject({
      etag: whole.headers['etag'],
      'content-length': String(Buffer.byteLength(whole.text)),
      'gateway-complete': '?1',
    });
  });

  it.each([
    'http://localhost:5173',
    'http://127.0.0.1:8080',
    'http://[::1]:3000',
    'http://127.0.0.2:80',
  ])('on a page of %s may read everything, because there are only sandboxes', async (origin) => {
    const { headers } = await get(gateway, '/v1/processes?limit=1', { origin });
    expect(headers['access-control-allow-origin']).toBe(origin);
    const exposed = (headers['access-control-expose-headers'] ?? '').split(', ');
    expect(exposed).toEqual(
      expect.arrayContaining([
        ...['Location', 'ETag', 'Age', 'Retry-After', 'Link', 'Gateway-Complete'],
        ...['Cache-Status', 'Idempotency-Replayed', 'Preference-Applied', 'X-Request-Id'],
      ]),
    );
    const problem = await get(gateway, '/v1/processes?limit=0', { origin });
    expect(problem.headers['access-control-allow-origin']).toBe(origin);
    // Those too that are refused before anybody looks at the route.
    for (const [path, accept] of [
      ['/v1/processes', 'text/html'],
      ['/v1/processes/%E0%A4%A', '*/*'],
    ] as const) {
      const refused = await get(gateway, path, { origin, accept });
      expect([path, refused.status >= 400]).toEqual([path, true]);
      expect(refused.headers['access-control-allow-origin']).toBe(origin);
      expect(refused.headers['access-control-expose-headers']).toContain('X-Request-Id');
    }
    const preflight = await send(gateway, 'options', '/v1/connections/odsl/refresh', {
      headers: {
        origin,
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'prefer,idempotency-key',
      },
    });
    expect(preflight.status).toBe(204);
    expect(preflight.headers).toMatchObject({
      'access-control-allow-origin': origin,
      'access-control-allow-headers': 'prefer,idempotency-key',
    });
    expect(preflight.headers['access-control-allow-methods']).toContain('POST');
  });

  it.each(['https://evil.example', 'http://localhost.evil.example', 'null'])(
    'on a page of %s may read nothing',
    async (origin) => {
      const { headers } = await get(gateway, '/v1/processes?limit=1', { origin });
      expect(headers).not.toHaveProperty('access-control-allow-origin');
      const refused = await get(gateway, '/v1/processes', { origin, accept: 'text/html' });
      expect(refused.status).toBe(406);
      expect(refused.headers).not.toHaveProperty('access-control-allow-origin');
      const preflight = await send(gateway, 'options', '/v1/processes', {
        headers: { origin, 'access-control-request-method': 'GET' },
      });
      expect(preflight.headers).not.toHaveProperty('access-control-allow-origin');
    },
  );

  it('on loopback may read nothing once a real platform is connected', async () => {
    const real = await stage.gateway({
      config: {
        connections: { odsl: { ...stage.connections()['odsl'], sandbox: false } },
        server: { cors: { origins: ['https://portal.example'] } },
      },
    });
    const local = await get(real, '/v1/platforms', { origin: 'http://localhost:5173' });
    expect(local.headers).not.toHaveProperty('access-control-allow-origin');
    const portal = await get(real, '/v1/platforms', { origin: 'https://portal.example' });
    expect(portal.headers['access-control-allow-origin']).toBe('https://portal.example');
    await real.stop();
  });
});
