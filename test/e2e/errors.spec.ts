import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { type ProblemCode, problems } from '../../src/domain/errors.ts';
import type { Problem } from '../../src/http/problem.ts';
import { type Gateway, Stage } from '../support/gateway.ts';
import { at, get, post, send } from '../support/http.ts';
import { expectProblem } from '../support/problem.ts';
import { sendRaw } from '../support/raw-http.ts';

jest.setTimeout(30_000);

let stage: Stage;
let gateway: Gateway;

beforeAll(async () => {
  stage = await Stage.open();
  gateway = await stage.gateway();
});
afterAll(() => stage.close());

describe('an error of a caller', () => {
  it('is a problem: 404 for a route that is not there', async () => {
    for (const path of ['/v1/nothing', '/v1', '/v2/processes', '/v1/processes/a/b/c/d']) {
      const answer = await get(gateway, path);
      expectProblem(answer, 'not_found');
      expect(answer.body.instance).toBe(path);
      expect(answer.body.detail).toBe('There is no such route. /docs shows those that there are.');
    }
    const { body } = await get(gateway, '/v1/processes/');
    expect(body.detail).toContain('None ends with a slash.');
  });

  it('is a problem: 404 that names the connection where that is what there is not', async () => {
    for (const path of ['/v1/processes/nowhere%3Ax', '/v1/connections/nowhere']) {
      const answer = await get(gateway, path);
      expectProblem(answer, 'not_found');
      expect(answer.body.detail).toBe('There is no connection "nowhere".');
    }
    const { body } = await get(gateway, '/v1/processes/no-id');
    expect(body.detail).toBe('There is no process "no-id".');
  });

  it.each(['post', 'put', 'patch', 'delete', 'trace'] as const)(
    'is a problem: 405 with Allow for %s',
    async (method) => {
      const answer = await send(gateway, method, '/v1/processes/odsl%3ASMOKE_TEST/versions');
      expectProblem(answer, 'method_not_allowed');
      expect(answer.headers['allow']).toBe('GET, HEAD');
    },
  );

  it.each([
    ['get', '/v1/runs/nowhere%3A1?nonsense=x'],
    ['get', '/v1/runs/nowhere%3A1/log?nonsense=x'],
    ['get', '/v1/runs/nowhere%3A1/events?for=never'],
    ['get', '/v1/runs/nowhere%3A1/attachments?nonsense=x'],
    ['post', '/v1/runs/nowhere%3A1/resume'],
    ['post', '/v1/runs/nowhere%3A1/resolve'],
    ['post', '/v1/processes/nowhere%3Ax/runs?nonsense=x'],
  ] as const)('is a problem: 404 whatever else is wrong, as in %s %s', async (method, path) => {
    expectProblem(await send(gateway, method, path), 'not_found');
  });

  it('is a problem: 400 for two keys of one request', async () => {
    const keys = 'Idempotency-Key: a\r\nIdempotency-Key: b\r\nConnection: close\r\n';
    const answer = await sendRaw<Problem>(
      gateway,
      `POST /v1/runs/odsl%3A1/cancel HTTP/1.1\r\nHost: x\r\n${keys}Content-Length: 0\r\n\r\n`,
    );
    expectProblem(answer, 'invalid_request');
    expect(answer.body).toMatchObject({
      outcome: 'not_sent',
      errors: [{ at: 'Idempotency-Key', message: 'must not be repeated' }],
    });
  });

  it.each([
    ['PROPFIND', undefined],
    ['LOCK', undefined],
    ['M-SEARCH', undefined],
    ['QUERY', undefined],
    ['DELETE', '<not>json'],
    ['POST', '{"broken'],
  ])('is a problem: 405 with Allow for %s, whatever its body: %s', async (method, text) => {
    const body =
      text === undefined
        ? {}
        : {
            body: text,
            headers: {
              'content-type': text.startsWith('<') ? 'application/xml' : 'application/json',
            },
          };
    const answer = await fetch(`${gateway.baseUrl}/v1/processes`, { method, ...body });
    expect([answer.status, answer.headers.get('allow')]).toEqual([405, 'GET, HEAD']);
    expect(await answer.json()).toMatchObject({ code: 'method_not_allowed' });
  });

  it('is a problem: 405 with Allow for a GET where only POST is', async () => {
    const answer = await get(gateway, '/v1/connections/odsl/refresh');
    expectProblem(answer, 'method_not_allowed');
    expect(answer.headers['allow']).toBe('POST');
  });

  it('is a problem: 404 where there is no route, whatever the method', async () => {
    for (const method of ['QUERY', 'PROPFIND', 'POST']) {
      const answer = await fetch(`${gateway.baseUrl}/v1/nope`, { method });
      expect([method, answer.status]).toEqual([method, 404]);
    }
  });

  it('is a problem: 406 for what the route cannot send', async () => {
    for (const version of ['log', 'events', 'package']) {
      const path = `/v1/processes/odsl%3ASMOKE_TEST/versions/${version}`;
      expectProblem(await get(gateway, path, { accept: 'application/json' }), 'not_found');
      expectProblem(await get(gateway, path, { accept: 'text/plain' }), 'not_acceptable');
    }
    for (const path of ['/v1/processes', '/v1/processes?q=/package'])
      expectProblem(await get(gateway, path, { accept: 'text/html' }), 'not_acceptable');
    for (const accept of ['application/*', 'text/html, */*;q=0.1', 'application/problem+json']) {
      expect((await get(gateway, '/v1/platforms', { accept })).status).toBe(200);
    }
    const stream = '/v1/runs/odsl%3Anothing/events';
    expectProblem(await get(gateway, stream, { accept: 'application/json' }), 'not_acceptable');
    expectProblem(await get(gateway, stream, { accept: 'text/event-stream' }), 'not_found');
  });

  it.each([
    ['get', '/v1/processes/%zz', '%zz'],
    ['get', '/v1/processes/odsl%3ASMOKE_TEST/versions/%E0%A4%A?x=1', '%E0%A4%A'],
    ['post', '/v1/processes/100%/runs', '100%'],
    ['get', '/%', '%'],
  ] as const)('is a problem: 400 for the broken path of %s %s', async (method, path, part) => {
    const answer = await send(gateway, method, path, { headers: { 'x-request-id': 'broken' } });
    expectProblem(answer, 'invalid_request');
    expect(answer.body).toMatchObject({
      requestId: 'broken',
      instance: path.split('?')[0],
      detail: `The path has a broken percent-escape: ${part}`,
      errors: [{ at: 'path', message: 'a percent sign must start an escape of UTF-8, as %20' }],
      outcome: method === 'post' ? 'not_sent' : null,
    });
  });

  it('is told so many of its mistakes as anybody can mend at once', async () => {
    const query = Array.from({ length: 1_000 }, (_, n) => `x${n}=1`).join('&');
    const answer = await get(gateway, `/v1/processes?${query}`);
    expectProblem(answer, 'invalid_request');
    expect(answer.body['errors']).toHaveLength(20);
    expect(answer.body.detail).toMatch(/; and 980 more\.$/);
    expect(answer.text.length).toBeLessThan(20_000);
  });

  it('is a problem: 413 for headers and bodies beyond their limits', async () => {
    const head = await get(gateway, '/v1/processes', { 'x-large': 'x'.repeat(20_000) });
    expectProblem(head, 'too_large');
    const body = await send(gateway, 'post', '/v1/connections/odsl/refresh', {
      headers: { 'content-type': 'application/json' },
      body: `"${'x'.repeat(1_100_000)}"`,
    });
    expectProblem(body, 'too_large');
    expect(body.body.outcome).toBe('not_sent');
  });

  it('is a problem in our own words: 400 for a body that is not JSON, 415 for one that is something else', async () => {
    for (const [type, body, code, detail] of [
      [
        'application/json',
        '{"input":{"a":secret}}',
        'invalid_request',
        'The body is not valid: body must be JSON: line 1, column 15 has to be a value.',
      ],
      [
        'application/json',
        '{"input":{"__proto__":1}}',
        'invalid_request',
        'The body is not valid: input.__proto__ is a name that no member may have.',
      ],
      [
        'application/xml',
        '<a/>',
        'unsupported_media_type',
        'This route does not read application/xml. A body has to be application/json.',
      ],
      [
        'application/zip',
        'PK',
        'unsupported_media_type',
        'This route takes application/json only.',
      ],
    ] as const) {
      const headers = { 'content-type': type };
      for (const path of ['/v1/connections/odsl/refresh', at('odsl:SMOKE_TEST', '/runs')]) {
        const answer = await send(gateway, 'post', path, { headers, body });
        expectProblem(answer, code);
        expect([answer.body.detail, answer.body.outcome]).toEqual([detail, 'not_sent']);
      }
    }
    const untyped = await sendRaw<Problem>(
      gateway,
      'POST /v1/connections/odsl/refresh HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{}',
    );
    expectProblem(untyped, 'unsupported_media_type');
    expect(untyped.body.detail).toContain('a body without a Content-Type');
  });

  it('is none: an expectation that nobody knows is passed over', async () => {
    const head =
      'GET /v1/platforms HTTP/1.1\r\nHost: x\r\nConnection: close\r\nExpect: foo\r\n\r\n';
    expect((await sendRaw(gateway, head)).status).toBe(200);
  });

  it('is told apart from what a route takes by OPTIONS', async () => {
    for (const [path, allow] of [
      ['/v1/processes', 'GET, HEAD, OPTIONS'],
      ['/v1/processes/odsl%3ASMOKE_TEST', 'DELETE, GET, HEAD, PATCH, PUT, OPTIONS'],
      ['/v1/connections/odsl/refresh', 'POST, OPTIONS'],
    ] as const) {
      const { status, headers } = await send(gateway, 'options', path);
      expect([path, status, headers['allow']]).toEqual([path, 204, allow]);
    }
  });

  it('is a problem also by OPTIONS for what no route is, but for a preflight', async () => {
    expectProblem(await send(gateway, 'options', '/v1/nothing'), 'not_found');
    const preflight = await fetch(`${gateway.baseUrl}/v1/nothing`, {
      method: 'OPTIONS',
      headers: { origin: 'http://localhost:5173', 'access-control-request-method': 'GET' },
    });
    expect(preflight.status).toBe(204);
  });

  it('is a problem: 400 for a preference that cannot be', async () => {
    for (const prefer of ['wait=x', 'wait=61', 'wait=-1']) {
      const answer = await post(gateway, '/v1/connections/odsl/refresh', { prefer });
      expectProblem(answer, 'invalid_request');
      expect(answer.body['errors']).toMatchObject([{ at: 'Prefer' }]);
    }
  });

  it.each([
    ['no HTTP', 'HELLO\r\n\r\n', 'invalid_request'],
    ['an unknown version', 'GET / HTTP/9.9\r\nHost: x\r\n\r\n', 'invalid_request'],
    ['a space in the path', 'GET /v1/a b HTTP/1.1\r\nHost: x\r\n\r\n', 'invalid_request'],
    ['no Host', 'GET /v1/platforms HTTP/1.1\r\nConnection: close\r\n\r\n', 'invalid_request'],
    ['a header without a name', 'GET / HTTP/1.1\r\nHost: x\r\n: y\r\n\r\n', 'invalid_request'],
    [
      'two lengths of the body',
      'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n',
      'invalid_request',
    ],
    ['a long path', `GET /${'x'.repeat(20_000)} HTTP/1.1\r\nHost: x\r\n\r\n`, 'too_large'],
  ] as const)('is a problem: %s', async (name, bytes, code) => {
    const answer = await sendRaw<Problem>(gateway, bytes);
    expectProblem(answer, code);
    if (name === 'a long path') expect(answer.body.detail).toContain('The URL and the headers');
  });

  it('is a problem on routes of documentation and health, too', async () => {
    expectProblem(await get(gateway, '/docs/problems/no_such_code'), 'not_found');
    expectProblem(await get(gateway, '/health/nothing'), 'not_found');
    expectProblem(await post(gateway, '/health/ready'), 'method_not_allowed');
  });
});

describe('the bare address', () => {
  it('leads to the documentation', async () => {
    const { status, headers } = await get(gateway, '/');
    expect([status, headers['location']]).toEqual([302, '/docs']);
  });
});

describe('what an error points at', () => {
  it.each(Object.keys(problems))('%s has a page', async (code) => {
    const { status, headers, text } = await get(gateway, `/docs/problems/${code}`);
    expect([status, headers['content-type']]).toEqual([200, 'text/html; charset=utf-8']);
    expect(text).toContain(problems[code as ProblemCode].title);
  });

  it('is among all the others', async () => {
    const { text } = await get(gateway, '/docs/problems');
    for (const code of Object.keys(problems)) expect(text).toContain(`/docs/problems/${code}"`);
  });

  it('is the request, by the caller’s own id where that is a sane one', async () => {
    for (const id of ['checkout-4711', 'A.b_c-9', 'x'.repeat(128)]) {
      const { headers, body } = await get(gateway, '/v1/nothing', { 'x-request-id': id });
      expect([headers['x-request-id'], body.requestId]).toEqual([id, id]);
    }
    for (const id of ['', 'a b', 'x'.repeat(129), 'ä', '<script>']) {
      const { headers, body } = await get(gateway, '/v1/nothing', {
        'x-request-id': encodeURI(id) === id ? id : 'a%20b',
      });
      expect(headers['x-request-id']).toMatch(/^[0-9a-f-]{36}$/);
      expect(body.requestId).toBe(headers['x-request-id']);
    }
    const fine = await get(gateway, '/v1/platforms', { 'x-request-id': 'fine-1' });
    expect(fine.headers['x-request-id']).toBe('fine-1');
  });
});
