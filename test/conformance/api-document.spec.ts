import { describe, expect, jest, test } from '@jest/globals';
import type { Exchange } from '../../src/sandbox/kit/sandbox.ts';
import { uipathOverlay } from '../contracts/uipath.overlay.ts';
import { apiDocument, namedApiDocument } from '../support/api-document.ts';
import type { OpenApi, Overlay } from '../support/openapi.ts';

/** The whole document of a vendor is read for each case. */
jest.setTimeout(30_000);

describe('the document of UiPath, corrected as it is', () => {
  const base = '/acme/Production/orchestrator_/odata';
  const json = { 'content-type': 'application/json; odata.metadata=minimal' };
  const key = { 'x-uipath-folderkey': '5ec52c6c-77b2-4d60-a1c5-1d4b9e1f2a3b' };
  const list: Exchange = {
    method: 'GET',
    url: `${base}/Releases?%24top=1`,
    requestHeaders: key,
    requestBody: null,
    status: 200,
    responseHeaders: json,
    responseBody: '{"@odata.count":1,"value":[{"Id":1,"Name":"A","FeedId":null}]}',
    faulty: false,
  };
  const started = (startInfo: object): Exchange => ({
    ...list,
    method: 'POST',
    url: `${base}/Jobs/UiPath.Server.Configuration.OData.StartJobs`,
    requestHeaders: { ...key, 'content-type': 'application/json' },
    requestBody: Buffer.from(JSON.stringify({ startInfo })),
    status: 201,
    responseBody: '{"value":[]}',
  });
  const answered = (responseBody: string): Exchange => ({ ...list, responseBody });

  test.each([
    ['nothing wrong with a list', list, null],
    ['nothing wrong with a start', started({ ReleaseName: 'A', Strategy: 'JobsCount' }), null],
    ['a word that is new in an answer', answered('{"value":[{"ProcessType":"Flow"}]}'), null],
    ['a wrong path', { ...list, url: `${base}/Release` }, 'no such call'],
    ['a wrong function', { ...list, url: `${base}/Jobs/UiPath.Server.StartJobs` }, 'no such call'],
    ['a wrong option', { ...list, url: `${list.url}&%24limit=1` }, '$limit'],
    ['no folder', { ...list, requestHeaders: {} }, 'none of the headers'],
    [
      'a folder by a key that is none',
      { ...list, requestHeaders: { 'x-uipath-folderkey': '7' } },
      'uuid',
    ],
    ['a folder where none is taken', { ...list, url: `${base}/Processes` }, 'takes no header'],
    ['an input that is no text', started({ InputArguments: { a: 1 } }), 'InputArguments'],
    ['a word that is new in a request', started({ Strategy: 'RobotsCount' }), 'allowed values'],
    ['an unknown member of a request', started({ MaxConcurrentJobs: 5 }), 'MaxConcurrentJobs'],
    ['a number that is none', answered('{"value":[{"Id":"1"}]}'), 'must be integer'],
    ['an unknown member of an answer', answered('{"value":[{"Nome":"A"}]}'), 'Nome'],
  ] as const)('sees %s', async (_name, exchange, problem) => {
    const document = await namedApiDocument(uipathOverlay);
    document.observe(exchange);
    const found = document.violations().join('\n');
    if (problem === null) expect(found).toBe('');
    else if (document.checks) expect(found).toContain(problem);
  });
});

describe('the comparison with a document', () => {
  const source: OpenApi = {
    openapi: '3.0.1',
    info: { title: 'Parcels', version: '1' },
    servers: [{ url: 'https://{host}.example.com/{tenant}/api' }],
    paths: {
      "/Parcels/Track(code='{code}')": {
        get: {
          operationId: 'track',
          parameters: [
            { name: 'code', in: 'path', required: true, schema: { type: 'string' } },
            { name: '$top', in: 'query', schema: { type: 'integer', format: 'int32' } },
          ],
          responses: {
            '200': {
              content: {
                'application/json': { schema: { $ref: '#/components/schemas/Parcel' } },
              },
            },
          },
        },
      },
      '/Parcels': {
        post: {
          operationId: 'send',
          requestBody: {
            required: true,
            content: { 'application/json': { schema: { $ref: '#/components/schemas/Parcel' } } },
          },
          responses: { '204': {} },
        },
      },
    },
    components: {
      schemas: {
        Parcel: {
          type: 'object',
          required: ['Weight'],
          properties: { Weight: { type: 'number' }, Sent: { type: 'string', format: 'date-time' } },
          additionalProperties: false,
        },
      },
    },
  };
  const good: Exchange = {
    method: 'GET',
    url: "/acme/api/Parcels/Track(code='a%2Fb')?%24top=5",
    requestHeaders: {},
    requestBody: null,
    status: 200,
    responseHeaders: { 'content-type': 'application/json; charset=utf-8' },
    responseBody: '{"Weight":2.5,"Sent":"2026-11-21T05:06:07Z"}',
    faulty: false,
  };
  const post: Exchange = {
    ...good,
    method: 'POST',
    url: '/acme/api/Parcels',
    requestHeaders: { 'content-type': 'application/json' },
    requestBody: Buffer.from('{"Weight":1}'),
    status: 204,
    responseHeaders: {},
    responseBody: null,
  };
  const overlay: Overlay = { variable: 'NONE', ownHeaders: 'x-parcels-', corrections: [] };

  async function violations(exchange: Exchange): Promise<string> {
    const document = await apiDocument(source, overlay);
    document.observe(exchange);
    return document.violations().join('\n');
  }

  test.each([
    ['a read', good],
    ['a write', post],
    ['quotes that are percent-encoded', { ...good, url: '/acme/api/Parcels/Track(code=%27a%27)' }],
    ['an answer that a fault made up', { ...good, responseBody: '<html>', faulty: true }],
  ])('finds nothing wrong with %s', async (_name, exchange) => {
    expect(await violations(exchange)).toBe('');
  });

  test.each([
    ['path', { ...good, url: "/acme/api/Parcels/Trace(code='a')" }, 'no such call'],
    ['base of the path', { ...good, url: "/api/Parcels/Track(code='a')" }, 'no such call'],
    ['method', { ...good, method: 'DELETE' }, 'no such call'],
    ['parameter', { ...good, url: `${good.url}&%24bottom=1` }, '$bottom'],
    ['type of a parameter', { ...good, url: `${good.url}x` }, '/query/$top must be integer'],
    ['header', { ...good, requestHeaders: { 'x-parcels-tenant': 'a' } }, 'x-parcels-tenant'],
    ['body', { ...post, requestBody: Buffer.from('{"Weight":"1"}') }, 'Weight must be number'],
    ['member', { ...post, requestBody: Buffer.from('{"Weight":1,"Wait":2}') }, 'Wait'],
    ['absence of a body', { ...post, requestBody: null }, 'requestBody'],
    ['body of a read', { ...good, requestBody: Buffer.from('{}') }, 'takes no body'],
    [
      'type of a body',
      { ...post, requestHeaders: { 'content-type': 'text/plain' } },
      'takes no text/plain',
    ],
    ['answer', { ...good, responseBody: '{"Sent":"2026-11-21T05:06:07Z"}' }, "'Weight'"],
    ['date', { ...good, responseBody: '{"Weight":1,"Sent":"21.11.2026"}' }, 'date-time'],
    ['answer that is no JSON', { ...good, responseBody: '<html>' }, 'must be object'],
    [
      'type of an answer',
      { ...good, responseHeaders: { 'content-type': 'text/html' } },
      'text/html',
    ],
    ['status', { ...good, status: 201 }, 'status 201 is not documented'],
    ['body of an empty answer', { ...post, responseBody: '{}' }, 'the answer has a body'],
    ['request before a fault', { ...good, url: `${good.url}&a=1`, faulty: true }, '"a"'],
  ] as const)('sees a wrong %s', async (_name, exchange, problem) => {
    expect(await violations(exchange)).toContain(problem);
  });

  test('checks nothing without a document, and says so once', async () => {
    const said = jest.spyOn(process.stderr, 'write').mockReturnValue(true);
    try {
      for (let time = 0; time < 2; time += 1) {
        const document = await namedApiDocument({ ...overlay, variable: 'NO_DOCUMENT_IS_NAMED' });
        document.observe({ ...good, url: '/nowhere' });
        expect(document.checks).toBe(false);
        expect(document.violations()).toEqual([]);
      }
      expect(said).toHaveBeenCalledTimes(1);
      expect(said.mock.calls[0]?.[0]).toContain('NOT CHECKED: NO_DOCUMENT_IS_NAMED');
    } finally {
      said.mockRestore();
    }
  });
});
