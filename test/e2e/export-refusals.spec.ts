import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { askExport, exported, item, told } from '../support/exports.ts';
import { type Gateway, Stage } from '../support/gateway.ts';
import { smokeTest } from '../support/reads.ts';
import { newKey } from '../support/runs.ts';

jest.setTimeout(60_000);

let stage: Stage;
let gateway: Gateway;

beforeAll(async () => {
  stage = await Stage.open();
  gateway = await stage.gateway();
  // It has looked at each connection.
  stage.forget();
});
afterEach(() => {
  stage.forget();
});
afterAll(() => stage.close());

describe('an export that is refused', () => {
  const good = item('uipath:SmokeTest');
  const none = item('uipath:NoSuch');

  it.each([
    ['no body', undefined, ['items']],
    ['a list', [], ['body']],
    ['no items', { items: [] }, ['items']],
    [
      '201 items',
      { items: Array.from({ length: 201 }, (_, i) => item(`uipath:A${i}`)) },
      ['items'],
    ],
    ['more than items', { items: [good], format: 'zip' }, ['format']],
    [
      'items that are none',
      { items: [good, null, 'x', 7, []] },
      [1, 2, 3, 4].map((i) => `items[${i}]`),
    ],
    ['no process', { items: [{}] }, ['items[0].process']],
    ['more of an item', { items: [{ ...good, tag: 'x' }] }, ['items[0].tag']],
    ['no version that can be', { items: [{ ...good, version: 7 }] }, ['items[0].version']],
    ['null as a version', { items: [{ ...good, version: null }] }, ['items[0].version']],
    ['a broken escape', { items: [good, item('uipath:%E0%A4%A')] }, ['items[1].process']],
    ['a double', { items: [good, item('uipath:SmokeTest', 'latest')] }, ['items[1]']],
    ['a double in another spelling', { items: [good, item('uipath:Smoke%54est')] }, ['items[1]']],
    ['two connections', { items: [good, item('odsl:ECB_FX'), good] }, ['items[1].process']],
  ])('for %s is 400, and no platform is asked', async (_name, body, places) => {
    const answer = await askExport(gateway, body);
    expect(told(answer)).toEqual([400, 'invalid_request', 'not_sent', ...places]);
    expect(stage.requestCount()).toBe(0);
  });

  it('for a double under an alias is 400', async () => {
    const answer = await askExport(gateway, { items: [good, item('uipath:SmokeTest:1.0.0')] });
    expect(told(answer)).toEqual([400, 'invalid_request', 'not_sent', 'items[1]']);
  });

  it('for what is not there is 404, naming all of it', async () => {
    const process = await askExport(gateway, { items: [good, none, item('uipath:NoSuch2')] });
    const places = ['items[1].process', 'items[2].process'];
    expect(told(process)).toEqual([404, 'not_found', 'not_sent', ...places]);
    expect(process.body).toMatchObject({ connection: 'uipath', platform: 'uipath' });
    const version = await askExport(gateway, { items: [good, { ...good, version: '9.9.9' }] });
    expect(told(version)).toEqual([404, 'not_found', 'not_sent', 'items[1].version']);
    expect(stage.sandbox('uipath').requests().join()).not.toContain('DownloadPackage');
  });

  it.each([
    ['of no connection', { items: [item('nowhere:A')] }, ''],
    ['of no connection, beside one that is wrong', { items: [7, item('nowhere:A')] }, ''],
    ['without a colon, and a wrong query', { items: [good, item('SmokeTest')] }, '?x=1'],
    ['that cannot be', { items: [item('frends:none')], surprise: 1 }, ''],
  ])('for an item %s is 404 before it is 400', async (_name, body, query) => {
    const { items } = body as { items: readonly unknown[] };
    const answer = await askExport(gateway, body, {}, query);
    const place = `items[${items.length - 1}].process`;
    expect(told(answer)).toEqual([404, 'not_found', 'not_sent', place]);
    expect(stage.requestCount()).toBe(0);
  });

  it('for a platform that cannot is 501, and it is not asked', async () => {
    const id = await smokeTest(gateway, 'concord');
    stage.forget();
    const answer = await askExport(gateway, { items: [item(id)] });
    expect(told(answer)).toEqual([501, 'capability_not_supported', 'not_sent']);
    const wrong = await askExport(gateway, { items: [item(id)], surprise: 1 });
    expect(told(wrong)).toEqual([400, 'invalid_request', 'not_sent', 'surprise']);
    expect(stage.requestCount()).toBe(0);
  });

  it('for the cache alone is 504', async () => {
    const answer = await askExport(
      gateway,
      { items: [good] },
      { 'cache-control': 'only-if-cached' },
    );
    expect(told(answer)).toEqual([504, 'not_cached', 'not_sent']);
  });
});

describe('an Idempotency-Key of an export', () => {
  const smoke = [item('uipath:SmokeTest')];

  it('belongs to one request, which is done again with it', async () => {
    const key = newKey();
    const first = await exported(gateway, smoke, key);
    expect(first.headers['idempotency-replayed']).toBeUndefined();
    const again = await exported(gateway, smoke, key);
    expect([again.status, again.headers['idempotency-replayed']]).toEqual([200, '?1']);
    expect(again.bytes.equals(first.bytes)).toBe(true);
    const other = await askExport(gateway, { items: [item('uipath:VendorMasterSync')] }, key);
    expect(told(other).slice(0, 3)).toEqual([422, 'idempotency_key_reused', 'not_sent']);
  });

  it('of a request that was refused is free', async () => {
    const key = newKey();
    const none = await askExport(gateway, { items: [item('uipath:NoSuch')] }, key);
    expect(none.status).toBe(404);
    expect((await exported(gateway, smoke, key)).headers['idempotency-replayed']).toBeUndefined();
  });

  it('that is none is 400', async () => {
    const answer = await askExport(gateway, { items: smoke }, { 'idempotency-key': ' ' });
    expect(told(answer)).toEqual([400, 'invalid_request', 'not_sent', 'Idempotency-Key']);
  });
});
