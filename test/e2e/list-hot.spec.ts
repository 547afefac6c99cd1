import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { type Gateway, Stage } from '../support/gateway.ts';
import { type Answer, get } from '../support/http.ts';

jest.setTimeout(30_000);

/** A demand that what is kept meets: such calls are answered by the route itself. */
const theLongWay = { 'cache-control': 'max-age=3600' };

let stage: Stage;
let gateway: Gateway;

beforeAll(async () => {
  stage = await Stage.open();
  gateway = await stage.gateway();
  await get(gateway, '/v1/processes');
});
afterAll(() => stage.close());

/** Everything that callers may rely on; of what tells the time, that it is there. No call here is of another origin. */
function shapeOf({ status, headers, text }: Answer<unknown>): object {
  const own = Object.entries(headers).filter(([name]) => !name.startsWith('access-control-'));
  const timeless = own.map(([name, value]) => [
    name,
    /^(date|age|x-request-id)$/.test(name) ? 'some' : value.replace(/ttl=\d+$/, 'ttl'),
  ]);
  return { status, text, headers: Object.fromEntries(timeless) as object };
}

describe('a list that is ready', () => {
  it.each(['', '?limit=2', '?name=smoke', '?q=nobody-is-called-so', '/facets?field=label'])(
    'is the same with the same headers as one that is made (/v1/processes%s)',
    async (path) => {
      const url = `/v1/processes${path}`;
      const made = await get(gateway, url, theLongWay);
      const etag = made.headers['etag'] ?? '';
      const known = await get(gateway, url, { ...theLongWay, 'if-none-match': etag });
      expect([made.status, known.status]).toEqual([200, 304]);
      // Only one of the first ones may still be made.
      for (let call = 0; call < 5; call += 1) {
        expect(shapeOf(await get(gateway, url))).toEqual(shapeOf(made));
        const again = await get(gateway, url, { 'if-none-match': etag });
        expect(shapeOf(again)).toEqual(shapeOf(known));
      }
    },
  );

  it('says the id of the request, and leaves to the routes what it does not answer', async () => {
    const headers = { 'x-request-id': 'mine' };
    for (let call = 0; call < 3; call += 1) {
      const { headers: answered } = await get(gateway, '/v1/processes', headers);
      expect(answered['x-request-id']).toBe('mine');
    }
    const other = await get(gateway, '/v1/processes', { origin: 'http://localhost:5173' });
    expect(other.headers['access-control-allow-origin']).toBe('http://localhost:5173');
    expect((await get(gateway, '/v1/processes', { accept: 'text/html' })).status).toBe(406);
  });
});
