import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { gzipSync } from 'node:zlib';
import type { Run } from '../../src/domain/run.ts';
import type { Problem } from '../../src/http/problem.ts';
import { sendBody } from '../support/form.ts';
import { type Gateway, Stage } from '../support/gateway.ts';
import { type Answer, get, send } from '../support/http.ts';
import { expectProblem } from '../support/problem.ts';
import { sendRaw } from '../support/raw-http.ts';
import { newKey } from '../support/runs.ts';

jest.setTimeout(60_000);

let stage: Stage;
let gateway: Gateway;

beforeAll(async () => {
  stage = await Stage.open();
  gateway = await stage.gateway();
});
afterAll(() => stage.close());

const starts = '/v1/processes/uipath%3ASmokeTest/runs';
const json = { 'content-type': 'application/json' };
const latin = (text: string): Buffer => Buffer.from(text, 'latin1');

const startBy = <T = Problem>(body: string | Buffer, headers: Record<string, string> = json) =>
  sendBody<T>(gateway, starts, Buffer.from(body), headers);
const places = ({ body }: Answer<Problem>): unknown => body['errors'];

describe('a body that would be read as something else', () => {
  it('is 415 when it is called text, as a page’s fetch calls JSON', async () => {
    const answer = await startBy('{"labels":["a"]}', {
      'content-type': 'text/plain;charset=UTF-8',
    });
    expectProblem(answer, 'unsupported_media_type');
    expect(answer.body.detail).toContain('A body has to be application/json.');
    expect(answer.body.outcome).toBe('not_sent');
  });

  it('is 415 where files are taken, too, and is told that they are', async () => {
    for (const type of ['text/plain', 'application/x-www-form-urlencoded']) {
      const answer = await sendBody<Problem>(gateway, '/v1/runs', Buffer.from('a=b'), {
        'content-type': type,
      });
      expectProblem(answer, 'unsupported_media_type');
      expect(answer.body.detail).toContain('This route takes multipart/form-data, or a ZIP');
    }
  });

  it.each([
    [starts, 'application/json', '{}'],
    ['/v1/runs?connection=concord', 'application/zip', 'PK\u0003\u0004'],
    ['/v1/runs', 'multipart/form-data; boundary=b', '--b--'],
  ])('is 415 when it is compressed, at %s as %s', async (path, type, text) => {
    const headers = { 'content-type': type, 'content-encoding': 'gzip' };
    const answer = await sendBody<Problem>(gateway, path, gzipSync(text), headers);
    expectProblem(answer, 'unsupported_media_type');
    expect(answer.body.detail).toContain('Content-Encoding gzip');
    expect([answer.headers['accept-encoding'], answer.body.outcome]).toEqual([
      'identity',
      'not_sent',
    ]);
  });

  it('is 415 in another charset than UTF-8', async () => {
    const type = 'application/json; charset=iso-8859-1';
    const answer = await startBy(latin('{"labels":["ü"]}'), { 'content-type': type });
    expectProblem(answer, 'unsupported_media_type');
    expect(answer.body.detail).toContain('iso-8859-1');
  });

  it.each(['charset=utf-8', 'charset="UTF-8"', 'charset=us-ascii', 'x=y; charset=utf8'])(
    'is none with %s, nor when nothing is done to it',
    async (parameters) => {
      const headers = {
        'content-type': `application/json; ${parameters}`,
        'content-encoding': 'identity',
      };
      expect((await startBy<Run>('{"labels":["u"]}', headers)).status).toBe(202);
    },
  );

  it.each([
    ['that is no UTF-8', latin('{"input":{"a":"\xff\xfe"}}'), 'body'],
    ['with a member twice', '{"input":{},"input":{"a":1}}', 'input'],
    ['with a member twice by an escape', '{"input":{"b":[{"a":1,"\\u0061":1}]}}', 'input.b[0].a'],
    ['with half of a surrogate pair', '{"input":{"a":"\\ud800"}}', 'input.a'],
    ['that is null', 'null', 'body'],
    ['that is a list', '[]', 'body'],
  ])('is 400 %s, and names the place', async (_, body, place) => {
    const answer = await startBy(body);
    expectProblem(answer, 'invalid_request');
    expect(places(answer)).toMatchObject([{ at: place }]);
    expect(answer.body.outcome).toBe('not_sent');
  });

  it('is nothing where there is none', async () => {
    for (const type of ['application/json', 'text/plain;charset=UTF-8', undefined]) {
      const headers = type === undefined ? {} : { 'content-type': type };
      expect((await startBy<Run>('', headers)).status).toBe(202);
    }
  });

  it('names its limit when it is too large', async () => {
    const answer = await startBy(`{"input":{"a":"${'x'.repeat(1_024 ** 2)}"}}`);
    expectProblem(answer, 'too_large');
    expect(answer.body.detail).toMatch(/1 MiB.*POST \/v1\/runs/);
  });
});

describe('a request', () => {
  it('with two hosts is 400', async () => {
    const answer = await sendRaw<Problem>(
      gateway,
      'GET /v1/platforms HTTP/1.1\r\nHost: a\r\nhost: b\r\nConnection: close\r\n\r\n',
    );
    expectProblem(answer, 'invalid_request');
    expect(answer.body.detail).toContain('Host');
  });

  it('is the same however its path is written', async () => {
    const key = { ...newKey(), ...json };
    const answers: Answer<Run>[] = [];
    for (const id of ['uipath:SmokeTest', 'uipath%3ASmokeTest', 'uipath%3aSmoke%54est'])
      answers.push(await send<Run>(gateway, 'post', `/v1/processes/${id}/runs`, { headers: key }));
    expect(answers.map(({ status }) => status)).toEqual([202, 202, 202]);
    expect(new Set(answers.map(({ body }) => body.id)).size).toBe(1);
  });

  it('whose instant has a blank where a + was is told how that is written', async () => {
    const answer = await get(gateway, '/v1/runs?startedAfter=2026-11-22T04:12:20+00:00');
    expectProblem(answer, 'invalid_request');
    expect(answer.body.detail).toContain('+ has to be written as %2B');
  });
});
