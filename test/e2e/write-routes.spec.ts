import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { readFileSync } from 'node:fs';
import type { FieldError } from '../../src/domain/errors.ts';
import type { Operation } from '../../src/domain/operation.ts';
import type { Run } from '../../src/domain/run.ts';
import type { Source } from '../../src/domain/source.ts';
import type { Problem } from '../../src/http/problem.ts';
import { change } from '../support/changes.ts';
import { eventually } from '../support/eventually.ts';
import { type Gateway, Stage } from '../support/gateway.ts';
import { at, get, send } from '../support/http.ts';
import type { OpenApi } from '../support/openapi.ts';
import { eachOperation } from '../support/openapi.ts';
import { ended, postTo, runOf, smokeTests, start } from '../support/runs.ts';

jest.setTimeout(60_000);

const document = JSON.parse(readFileSync('openapi/openapi.json', 'utf8')) as OpenApi;

/** Why there is nothing to plan. */
const unplanned: Readonly<Record<string, string>> = {
  exportVersions: 'it changes nothing',
  startRun: 'it is checked before it is accepted, and what it would make is its run alone',
  startFiles: 'it is checked before it is accepted, and what it would make is its run alone',
};

interface Route {
  readonly name: string;
  readonly method: string;
  readonly path: string;
}

const routes: Route[] = [];
eachOperation(document, ({ operationId: name }, method, path) => {
  if (method !== 'get') routes.push({ name, method, path });
});

let stage: Stage;
let gateway: Gateway;
let run: Run;
let operation: Operation;

beforeAll(async () => {
  stage = await Stage.open();
  [gateway] = await Promise.all([stage.gateway(), stage.worker()]);
  const smoke = await smokeTests(gateway);
  const { body } = await start(gateway, smoke.get('concord') ?? '');
  run = await ended(gateway, body.id);
  const put = await change(gateway, 'put', at('odsl:WRITTEN'), { service: 'ETL', script: '1' });
  operation = put.body;
});
afterAll(() => stage.close());

/** The path with things that there are. */
function filled(path: string): string {
  return path
    .replace('/processes/{id}', '/processes/odsl%3AWRITTEN')
    .replace('/runs/{id}', `/runs/${encodeURIComponent(run.id)}`)
    .replace('/operations/{id}', `/operations/${operation.id}`)
    .replace('{connection}', 'odsl')
    .replace('{version}', '1')
    .replace('{deployment}', '1')
    .replace('{tag}', 'GOOD');
}

type Line = Readonly<Record<string, unknown>>;

/** The audit's line of a request. */
async function lineOf(requestId: string): Promise<Line> {
  let found: Line | undefined;
  await eventually(() => {
    found = gateway.output
      .split('\n')
      .filter((line) => line.includes(`"requestId":"${requestId}"`))
      .map((line) => JSON.parse(line) as Line)
      .find(({ msg }) => msg === 'A write was answered');
    expect(found).toBeDefined();
  });
  return found ?? {};
}

const asked = (route: Route, query: string, headers: Readonly<Record<string, string>> = {}) => {
  const path = `${filled(route.path)}${query}`;
  const isForm = ['importFile', 'startFiles'].includes(route.name);
  const type = isForm ? 'multipart/form-data; boundary=b' : 'application/json';
  return send(gateway, route.method as 'post', path, {
    headers: { 'content-type': type, ...headers },
    body: isForm ? '--b--\r\n' : '{}',
  });
};

/** The names of the parameters that a route documents. */
const namesOf = ({ method, path }: Route): readonly string[] =>
  (document.paths[path]?.[method as 'post']?.parameters ?? []).map(({ name }) => name);

const places = ({ errors }: Problem): readonly string[] =>
  ((errors ?? []) as FieldError[]).map(({ at: place }) => place);

describe('every route that writes', () => {
  it.each(routes.map((route) => [route.name, route] as const))(
    '%s documents a key, and a plan',
    (name, route) => {
      const named = namesOf(route);
      expect(named).toContain('Idempotency-Key');
      expect(named.includes('validateOnly')).toBe(!(name in unplanned));
    },
  );

  it.each(
    routes.filter(({ name }) => !(name in unplanned)).map((route) => [route.name, route] as const),
  )('%s heeds validateOnly, and is a line of the audit', async (name, route) => {
    const requestId = `audit-${name}`;
    const headers = { 'x-request-id': requestId };
    const query = `?validateOnly=perhaps${name === 'importFile' ? '&connection=odsl' : ''}`;
    const { status, body } = await asked(route, query, headers);
    expect([status, places(body)]).toEqual([400, ['validateOnly']]);
    expect(await lineOf(requestId)).toMatchObject({
      audit: expect.stringContaining(route.path.split('{')[0] ?? ''),
      caller: 'anonymous',
      outcome: 'not_sent',
      status: 400,
      requestId,
    });
  });
});

describe('what a write is to depend on', () => {
  const conditions = { 'If-Match': '"1"', 'If-None-Match': '*' } as const;

  it.each(routes.map((route) => [route.name, route] as const))(
    'is refused by %s where that does not heed it',
    async (name, route) => {
      const documented = namesOf(route);
      for (const [condition, value] of Object.entries(conditions)) {
        if (documented.includes(condition)) continue;
        const query = name === 'importFile' ? '?connection=odsl' : '';
        const { status, body } = await asked(route, query, { [condition]: value });
        expect([status, body.outcome, places(body)]).toEqual([400, 'not_sent', [condition]]);
        expect(body.detail).toContain(`${condition} is heeded by `);
      }
    },
  );

  it('is heeded where a version or a plan can be named, as documented', () => {
    const heeding = (header: string): readonly string[] =>
      routes.filter((route) => namesOf(route).includes(header)).map(({ name }) => name);
    expect(heeding('If-None-Match')).toEqual([]);
    expect([...heeding('If-Match')].sort()).toEqual([
      ...['importFile', 'patchProcess', 'promote', 'putProcess'],
    ]);
  });

  it('is told after that there is nothing of that name', async () => {
    for (const [method, path] of [
      ['post', '/v1/runs/nowhere%3A1/cancel'],
      ['post', '/v1/connections/nowhere/refresh'],
      ['delete', '/v1/processes/nowhere%3Ax'],
      ['post', '/v1/processes/nowhere%3Ax/runs'],
    ] as const) {
      const headers = { 'content-type': 'application/json', 'if-match': '"1"' };
      const { status } = await send(gateway, method, path, { headers, body: '{}' });
      expect([path, status]).toEqual([path, 404]);
    }
  });
});

describe('what is only planned', () => {
  it('of a run is told as it would be, and leaves it as it is', async () => {
    stage.forget();
    const before = await runOf(gateway, run.id);
    const planned = async (what: string, body: object) => {
      const { status, body: told } = await postTo(
        gateway,
        run.id,
        `${what}?validateOnly=true`,
        body,
      );
      return [status, told.id, told.status];
    };
    expect(await planned('restart', {})).toEqual([200, run.id, 'queued']);
    expect(await planned('cancel', {})).toEqual([200, run.id, 'succeeded']);
    expect((await planned('resume', { event: 'x' }))[0]).toBe(409);
    expect((await planned('resolve', { outcome: 'not_sent', note: 'x' }))[0]).toBe(409);
    expect(await runOf(gateway, run.id)).toEqual(before);
    const told = stage.sandbox('concord').requests();
    expect(told.filter((line) => !line.startsWith('GET'))).toEqual([]);
  });

  it('of an operation, or of a list, leaves both as they are', async () => {
    const path = `/v1/operations/${operation.id}`;
    for (const [what, body] of [
      ['cancel', {}],
      ['resolve', { outcome: 'applied', note: 'x' }],
    ] as const) {
      const answer = await change<Problem>(
        gateway,
        'post',
        `${path}/${what}?validateOnly=true`,
        body,
      );
      expect([answer.status, answer.body.code]).toEqual([409, 'conflict']);
    }
    expect((await get<Operation>(gateway, path)).body.revision).toBe(operation.revision);
    stage.forget();
    const refresh = '/v1/connections/frends/refresh?validateOnly=true';
    const { status, body } = await change<Source>(gateway, 'post', refresh, {});
    expect([status, body.connection, stage.requestCount()]).toEqual([200, 'frends', 0]);
  });
});

describe('the audit', () => {
  it('says who did what where, with what outcome, and what was only planned', async () => {
    const id = 'audit-of-a-change';
    const done = await change(gateway, 'delete', at('odsl:WRITTEN'), null, { 'x-request-id': id });
    expect(done.status).toBe(204);
    expect(await lineOf(id)).toMatchObject({
      audit: 'DELETE /v1/processes/:id',
      path: '/v1/processes/odsl%3AWRITTEN',
      caller: 'anonymous',
      connection: 'odsl',
      outcome: 'applied',
      status: 204,
    });
    const path = `${at('odsl:PLANNED')}?validateOnly=true`;
    const headers = { 'x-request-id': `${id}-plan` };
    await change(gateway, 'put', path, { service: 'ETL', script: '1' }, headers);
    expect(await lineOf(`${id}-plan`)).toMatchObject({ status: 200, validateOnly: true });
  });
});
