import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { eventually } from '../support/eventually.ts';
import { credentials, type Gateway, Stage } from '../support/gateway.ts';
import { get, list } from '../support/http.ts';
import { expectProblem } from '../support/problem.ts';

jest.setTimeout(30_000);

/** What a platform may say of the credentials that it was sent. */
const echo = 'Bearer sandbox-odsl-access-token and sandbox-secret are not accepted';

/** Upstream failures, each met on a connection of its own: several on one would open its circuit. */
const failures = [
  ['a 401', { kind: 'status', status: 401 }, 'upstream_auth_failed'],
  ['a 403', { kind: 'status', status: 403, body: echo }, 'upstream_auth_failed'],
  ['a web page', { kind: 'html' }, 'upstream_contract'],
  ['garbage', { kind: 'garbage' }, 'upstream_contract'],
  ['another shape', { kind: 'status', status: 200, body: '[[1]]' }, 'upstream_contract'],
  ['a bomb', { kind: 'bomb', bytes: 80 * 1024 ** 2 }, 'upstream_contract'],
  ['a cut body', { kind: 'truncated' }, 'upstream_unavailable'],
  ['a reset', { kind: 'reset' }, 'upstream_unavailable'],
  [
    'a 500',
    { kind: 'status', status: 500, headers: { 'x-odsl-error': `[9999] ${echo}` } },
    'upstream_unavailable',
  ],
  [
    'a 429',
    { kind: 'status', status: 429, headers: { 'retry-after': '60' } },
    'upstream_rate_limited',
  ],
  ['a silence', { kind: 'hang' }, 'upstream_timeout'],
] as const;
/** A process that the list does not have, so that the platform has to be asked. */
const unseen = '00000000-0000-4000-8000-000000000000';
const silence = failures.findIndex(([, { kind }]) => kind === 'hang');

let stage: Stage;
let gateway: Gateway;
const answered: string[] = [];

beforeAll(async () => {
  stage = await Stage.open();
  const { odsl = {} } = stage.connections();
  const copies = failures.map((_, index) => [`odsl-${index}`, odsl] as const);
  const auth = { ...(odsl['auth'] as object), clientSecret: { env: 'WRONG_SECRET' } };
  const differences = {
    config: {
      connections: {
        ...Object.fromEntries(copies),
        [`odsl-${silence}`]: { ...odsl, timeout: '1s' },
        'odsl-wrong': { ...odsl, auth },
        'odsl-away': { ...odsl, baseUrl: 'http://127.0.0.1:9/api' },
      },
    },
    env: { WRONG_SECRET: 'a-wrong-secret' },
  };
  gateway = await stage.gateway(differences);
  await stage.worker(differences);
});
afterEach(() => {
  stage.forget();
});
afterAll(() => stage.close());

describe('an error of a platform', () => {
  const path = (id: string, rest = '') => `/v1/processes/${id}%3ASMOKE_TEST${rest}`;

  it.each(failures.map((failure, index) => [...failure, index] as const))(
    '%s is a problem that names connection and platform',
    async (_name, fault, code, index) => {
      stage.sandbox('odsl').faults.add({ path: '^/api/process', fault });
      const answer = await get(gateway, path(`odsl-${index}`));
      answered.push(answer.text);
      expectProblem(answer, code);
      expect(answer.body).toMatchObject({ connection: `odsl-${index}`, platform: 'odsl' });
      if (fault.kind === 'status' && fault.status >= 400) {
        expect(answer.body.upstream).toMatchObject({ status: fault.status });
      }
      await eventually(async () => {
        const { text } = await get(gateway, `/v1/processes?connection=odsl-${index}`);
        answered.push(text);
        // Where tries that cost a whole timeout each were enough to open the circuit, the last of them is quoted.
        const quoted = fault.kind === 'hang' ? '|The last time: .* did not answer .* in time' : '';
        expect(text).toMatch(new RegExp(`"code":"${code}"${quoted}`));
      }, 30_000);
    },
    45_000,
  );

  it('says when to come back, where the platform does', async () => {
    const [process] = (await list(gateway, '?connection=frends&limit=1')).body.data;
    stage.sandbox('frends').faults.add({
      fault: { kind: 'status', status: 429, headers: { 'retry-after': '60' } },
    });
    const answer = await get(gateway, `${process?.links.self.href ?? ''}?include=native`);
    expectProblem(answer, 'upstream_rate_limited');
    expect(Number(answer.headers['retry-after'])).toBeGreaterThan(50);
    expect(answer.body.retryable).toBe(true);
    // What one call was told is remembered for the others.
    for (const query of ['', '', '/versions']) {
      const next = await get(gateway, `/v1/processes/frends%3A${unseen}${query}`);
      expectProblem(next, 'upstream_rate_limited');
      expect(Number(next.headers['retry-after'])).toBeGreaterThan(50);
      expect(Number(next.headers['retry-after'])).toBeLessThanOrEqual(60);
    }
  });

  it('that is away or refuses the sign-in is a problem as well', async () => {
    const away = await get(gateway, path('odsl-away'));
    expectProblem(away, 'upstream_unavailable');
    expectProblem(await get(gateway, path('odsl-wrong')), 'upstream_auth_failed');
    expectProblem(await get(gateway, path('odsl-wrong', '/package')), 'upstream_auth_failed');
  });

  it('stands in the log, line by line as JSON', async () => {
    stage.sandbox('concord').faults.add({ fault: { kind: 'html' } });
    const id = 'find-me-in-the-log';
    const failed = await get(gateway, '/v1/processes/concord%3Asome:where', { 'x-request-id': id });
    expectProblem(failed, 'upstream_contract');
    const line = await eventually(() => {
      const found = gateway.logs().find(({ requestId }) => requestId === id);
      if (found === undefined) throw new Error('the request is not in the log');
      return found;
    });
    expect(line).toMatchObject({
      ...{ level: 'warn', service: 'gateway', method: 'GET', status: 502 },
      path: '/v1/processes/concord%3Asome:where',
    });
  });
});

describe('credentials', () => {
  it('are in no log, no answer, no key and no value', async () => {
    await list(gateway, '?include=native,versions&limit=50');
    for (const { links } of (await list(gateway, '?platform=frends&limit=10')).body.data) {
      for (const link of [links.self, links.versions, links.deployments]) {
        answered.push((await get(gateway, `${link?.href ?? ''}?include=native`)).text);
      }
    }
    answered.push((await get(gateway, '/v1/connections')).text);
    expect(answered.length).toBeGreaterThan(40);
    for (const text of answered) expect(text).not.toMatch(credentials);
    const kept = await stage.kept();
    expect(kept.length).toBeGreaterThan(10_000);
    expect(stage.output().length).toBeGreaterThan(5_000);
    // Of the output and of what is kept the same holds for every stage, at its end.
    await stage.expectNoCredentials();
  });

  it('would be found if they were there', async () => {
    const basic = Buffer.from('sandbox-client:sandbox-secret').toString('base64');
    for (const text of [basic, echo]) expect(text).toMatch(credentials);
    await stage.redis.set(`${stage.prefix}:leak`, echo);
    await expect(stage.expectNoCredentials()).rejects.toThrow(/leak/);
    await stage.redis.del(`${stage.prefix}:leak`);
  });

  it('nor are models of processes kept', async () => {
    expect(await stage.kept()).not.toMatch(/bpmn:|elementParameters|processVariables/);
  });
});
