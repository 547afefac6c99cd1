import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { Problem } from '../../src/http/problem.ts';
import { endedLongAgo } from '../support/ended-long-ago.ts';
import { type Gateway, Stage } from '../support/gateway.ts';
import { type Answer, get } from '../support/http.ts';
import { ended, postTo, runOf, smokeTests, start } from '../support/runs.ts';
import { Listener } from '../support/sse.ts';

jest.setTimeout(120_000);

let stage: Stage;
let gateway: Gateway;
let smoke: Map<string, string>;

beforeAll(async () => {
  stage = await Stage.open();
  [gateway] = await Promise.all([stage.gateway(), stage.worker()]);
  smoke = await smokeTests(gateway);
});
afterAll(() => stage.close());

const path = (id: string, rest = 'log'): string => `/v1/runs/${encodeURIComponent(id)}/${rest}`;

async function bytes(
  id: string,
  range?: string,
): Promise<{ status: number; range: string | null; text: Buffer }> {
  const answer = await fetch(
    `${gateway.baseUrl}${path(id)}`,
    range === undefined ? {} : { headers: { range } },
  );
  return {
    status: answer.status,
    range: answer.headers.get('content-range'),
    text: Buffer.from(await answer.arrayBuffer()),
  };
}

describe.each(['concord', 'frends', 'odsl', 'uipath'] as const)(
  'the log of a run on %s',
  (platform) => {
    let id = '';
    let whole: Buffer;
    let followed: Listener;

    beforeAll(async () => {
      id = (await start(gateway, smoke.get(platform) ?? '')).body.id;
      followed = await Listener.open(`${gateway.baseUrl}${path(id)}`);
      await ended(gateway, id);
      await followed.ended;
      whole = (await bytes(id)).text;
    });

    it('is text of more than 200 bytes', () => {
      expect(whole.length).toBeGreaterThan(200);
      expect(whole.toString('utf8')).toMatch(/^\d{4}-\d\d-\d\dT/);
    });

    it.each([
      ['bytes=0-99', 0, 100],
      ['bytes=100-120', 100, 121],
      ['bytes=37-37', 37, 38],
      ['bytes=150-', 150, null],
      ['bytes=-40', -40, null],
      ['bytes=-999999999', 0, null],
    ] as const)('is given exactly for %s', async (range, from, to) => {
      const part = await bytes(id, range);
      const wanted = whole.subarray(from, to ?? whole.length);
      const first = from < 0 ? whole.length + from : from;
      expect([part.status, part.range]).toEqual([
        206,
        `bytes ${first}-${first + wanted.length - 1}/${whole.length}`,
      ]);
      expect(part.text).toEqual(wanted);
    });

    it('says how long it is to who asks for more, and gives all to who asks for nonsense', async () => {
      const beyond = await fetch(`${gateway.baseUrl}${path(id)}`, {
        headers: { range: 'bytes=9999999-' },
      });
      const problem = (await beyond.json()) as Problem;
      expect([beyond.status, problem.code, problem['size']]).toEqual([
        416,
        'range_not_satisfiable',
        whole.length,
      ]);
      expect(beyond.headers.get('content-range')).toBe(`bytes */${whole.length}`);
      for (const range of ['lines=1-2', 'bytes=abc', 'bytes=5-2', 'bytes=0-1,5-6'])
        expect((await bytes(id, range)).status).toBe(200);
    });

    it('is whole for a range on a condition, which nothing can meet', async () => {
      for (const condition of ['"x"', 'Sun, 22 Nov 2026 04:00:00 GMT']) {
        const answer = await fetch(`${gateway.baseUrl}${path(id)}`, {
          headers: { range: 'bytes=0-9', 'if-range': condition },
        });
        expect([answer.status, (await answer.arrayBuffer()).byteLength]).toEqual([
          200,
          whole.length,
        ]);
      }
    });

    it('was followed without a gap, and goes on from every offset', async () => {
      const texts = followed.events.filter(({ event }) => event === 'log');
      const text = texts.map(({ data }) => (JSON.parse(data) as { text: string }).text).join('');
      expect(Buffer.from(text)).toEqual(whole);
      expect(followed.events.at(-1)).toMatchObject({ event: 'end', id: `${whole.length}e` });
      const [first] = texts;
      const rest = await Listener.open(`${gateway.baseUrl}${path(id)}`, {
        'last-event-id': first?.id ?? '',
      });
      await rest.ended;
      const more = rest.events
        .filter(({ event }) => event === 'log')
        .map(({ data }) => (JSON.parse(data) as { text: string }).text)
        .join('');
      expect(Buffer.concat([whole.subarray(0, Number(first?.id)), Buffer.from(more)])).toEqual(
        whole,
      );
    });

    it('is told to be over to who has seen its end, else only once no more lines can come', async () => {
      const follow = (lastId: string): Promise<Listener> =>
        Listener.open(`${gateway.baseUrl}${path(id)}`, { 'last-event-id': lastId });
      expect((await follow(`${whole.length}e`)).status).toBe(204);
      const cut = await follow(String(whole.length));
      expect(cut.status).toBe(200);
      await cut.ended;
      expect(cut.events).toMatchObject([{ event: 'end', id: `${whole.length}e` }]);
      const later = await follow(`${whole.length - 7}e`);
      await later.ended;
      expect(later.events.map(({ event, id: each }) => [event, each])).toEqual([
        ['log', String(whole.length)],
        ['end', `${whole.length}e`],
      ]);
      const beyond = await follow('99999999');
      await beyond.ended;
      expect(beyond.events).toEqual([
        { id: `${whole.length}e`, event: 'end', data: JSON.stringify({ size: whole.length }) },
      ]);
      await endedLongAgo(stage, id);
      expect((await follow(String(whole.length))).status).toBe(204);
    });

    it('comes as JSON lines where the platform keeps lines', async () => {
      const answer: Answer<Problem> = await get(gateway, path(id), {
        accept: 'application/x-ndjson',
      });
      if (platform === 'concord') {
        expect([answer.status, answer.body.code]).toEqual([406, 'not_acceptable']);
        const accept = 'application/x-ndjson;q=0.5, text/plain;q=0.4';
        const text = await fetch(`${gateway.baseUrl}${path(id)}`, { headers: { accept } });
        expect(text.headers.get('content-type')).toContain('text/plain');
        expect(Buffer.from(await text.arrayBuffer())).toEqual(whole);
        return;
      }
      expect(answer.status).toBe(200);
      const lines = await (
        await fetch(`${gateway.baseUrl}${path(id)}`, {
          headers: { accept: 'application/x-ndjson' },
        })
      ).text();
      const parsed = lines
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as { message: string });
      expect(parsed.length).toBe(whole.toString('utf8').trim().split('\n').length);
      for (const { message } of parsed) expect(whole.toString('utf8')).toContain(message);
    });
  },
);

describe('the log of a run that is not sent yet', () => {
  const inMs = (ms: number): object => ({ scheduleAt: new Date(Date.now() + ms).toISOString() });

  it.each(['concord', 'uipath'] as const)(
    'on %s is followed by a stream that opens at once, and ends when it is told to',
    async (platform) => {
      const { id } = (await start(gateway, smoke.get(platform) ?? '', inMs(3_600_000))).body;
      const followed = await Listener.open(`${gateway.baseUrl}${path(id)}?for=1`);
      expect(followed.status).toBe(200);
      expect((await runOf(gateway, id)).status).toBe('queued');
      await followed.ended;
      expect(followed.events).toEqual([]);
      const plain: Answer<Problem> = await get(gateway, path(id));
      expect([plain.status, plain.body.code]).toEqual([409, 'conflict']);
      await postTo(gateway, id, 'cancel');
    },
  );

  it.each(['concord', 'uipath'] as const)(
    'on %s is waited for within the stream, and followed from its beginning on',
    async (platform) => {
      const { id } = (await start(gateway, smoke.get(platform) ?? '', inMs(3_000))).body;
      const followed = await Listener.open(`${gateway.baseUrl}${path(id)}`);
      expect((await runOf(gateway, id)).nativeId).toBeNull();
      await ended(gateway, id);
      await followed.ended;
      const texts = followed.events.filter(({ event }) => event === 'log');
      const text = texts.map(({ data }) => (JSON.parse(data) as { text: string }).text).join('');
      expect(Buffer.from(text)).toEqual((await bytes(id)).text);
      expect(followed.events.at(-1)?.event).toBe('end');
    },
  );

  it('ends with its run when that never begins, and who comes back is told that this was all', async () => {
    const { id } = (await start(gateway, smoke.get('uipath') ?? '', inMs(3_600_000))).body;
    const followed = await Listener.open(`${gateway.baseUrl}${path(id)}`);
    expect((await postTo(gateway, id, 'cancel')).body.status).toBe('cancelled');
    await followed.ended;
    expect(followed.events).toEqual([{ id: '0e', event: 'end', data: '{"size":0}' }]);
    for (const lastId of ['0e', '0']) {
      const headers = { 'last-event-id': lastId };
      const again = await Listener.open(`${gateway.baseUrl}${path(id)}`, headers);
      expect(again.status).toBe(204);
    }
    expect((await get(gateway, path(id))).status).toBe(404);
  });
});

describe('attachments', () => {
  it.each(['concord', 'uipath'] as const)(
    'of %s are listed, and streamed under their name',
    async (platform) => {
      const { id } = (await start(gateway, smoke.get(platform) ?? '')).body;
      await ended(gateway, id);
      const { body } = await get<{ data: { name: string }[] }>(gateway, path(id, 'attachments'));
      expect(body.data.length).toBeGreaterThan(0);
      for (const { name } of body.data) {
        const file = await fetch(
          `${gateway.baseUrl}${path(id, `attachments/${encodeURIComponent(name)}`)}`,
        );
        expect(file.status).toBe(200);
        expect(file.headers.get('content-disposition')).toContain('attachment');
        expect(file.headers.get('x-content-type-options')).toBe('nosniff');
        expect((await file.arrayBuffer()).byteLength).toBeGreaterThan(0);
      }
      for (const name of ['none', '..%2f..%2fetc%2fpasswd', '%2e%2e', 'a%00b']) {
        const none = await get(gateway, path(id, `attachments/${name}`));
        expect([400, 404]).toContain(none.status);
      }
    },
  );
});
