import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { Browser } from 'playwright-core';
import type { Run } from '../../src/domain/run.ts';
import { browserProgram, launchBrowser, type OpenPage, openPage } from '../support/browser.ts';
import { type Gateway, Stage } from '../support/gateway.ts';
import { get } from '../support/http.ts';
import { runOf, smokeTests, start } from '../support/runs.ts';
import { aloud } from '../support/redis.ts';

jest.setTimeout(120_000);

/** One event as the page has got it. */
interface Got {
  readonly id: string;
  readonly event: string;
  readonly data: string;
}

const program = browserProgram();
if (program === null) {
  aloud('NOT CHECKED: no Chromium or Chrome is on PATH and CHROMIUM names none, so no browser has');
  aloud('watched a run or followed a log.');
}

(program === null ? describe.skip : describe)('a page of another origin, in a real browser', () => {
  let stage: Stage;
  let gateway: Gateway;
  let browser: Browser;
  let other: Server;
  let frontend: OpenPage;
  let smoke: Map<string, string>;

  beforeAll(async () => {
    browser = await launchBrowser(program ?? '');
    stage = await Stage.open();
    [gateway] = await Promise.all([stage.gateway(), stage.worker()]);
    smoke = await smokeTests(gateway);
    other = createServer((_request, response) => {
      response.setHeader('content-type', 'text/html');
      response.end('<!doctype html><title>A frontend</title><link rel="icon" href="data:," />');
    });
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const { port } = other.address() as AddressInfo;
    frontend = await openPage(browser, `http://localhost:${port}/`);
  });
  // Before the gateway ends: a page that still asks would keep it.
  afterAll(() => browser.close());
  afterAll(() => stage.close());
  afterAll(() => {
    other.close();
  });

  /** An address below a run. */
  const below = (id: string, what: string): string =>
    `${gateway.baseUrl}/v1/runs/${encodeURIComponent(id)}/${what}`;

  /** Watches with an EventSource until the end; gives each event, and how often the browser had to connect. */
  function watched(url: string): Promise<{ events: Got[]; opened: number }> {
    return frontend.page.evaluate(
      (address) =>
        new Promise((resolve) => {
          const events: { id: string; event: string; data: string }[] = [];
          let opened = 0;
          const source = new EventSource(address);
          source.addEventListener('open', () => (opened += 1));
          for (const name of ['run', 'end'])
            source.addEventListener(name, (message) => {
              const { lastEventId: id, data } = message as Event & {
                lastEventId: string;
                data: string;
              };
              events.push({ id, event: name, data });
              if (name !== 'end') return;
              source.close();
              resolve({ events, opened });
            });
        }),
      url,
    );
  }

  const runsIn = (events: readonly Got[]): Run[] =>
    events.filter(({ event }) => event === 'run').map(({ data }) => JSON.parse(data) as Run);

  it('sees a run begin and end by an EventSource', async () => {
    const { id } = (await start(gateway, smoke.get('uipath') ?? '')).body;
    const { events, opened } = await watched(below(id, 'events'));
    const runs = runsIn(events);
    expect(runs[0]).toMatchObject({ id, final: false });
    expect(runs.at(-1)).toMatchObject({ id, status: 'succeeded', final: true });
    expect(events.at(-1)?.event).toBe('end');
    expect(JSON.parse(events.at(-1)?.data ?? '{}')).toEqual(await runOf(gateway, id));
    expect(opened).toBe(1);
  });

  it('loses nothing when its connection ends again and again: the browser says what it has', async () => {
    const { id } = (await start(gateway, smoke.get('concord') ?? '')).body;
    // Each connection is ended by the gateway after a second, as a proxy might.
    const { events, opened } = await watched(below(id, 'events?for=1'));
    const revisions = runsIn(events).map(({ revision }) => revision);
    const final = await runOf(gateway, id);
    expect(opened).toBeGreaterThan(1);
    expect(revisions).toEqual([...new Set(revisions)].sort((a, b) => a - b));
    // None in between is missing, and none came twice.
    expect(revisions.at(-1)).toBe(final.revision);
    expect(revisions).toHaveLength(final.revision - (revisions[0] ?? 0) + 1);
  });

  it('is not connected again by the browser once the stream has ended: that answers 204', async () => {
    const { id } = (await start(gateway, smoke.get('odsl') ?? '')).body;
    const state = await frontend.page.evaluate(
      (address) =>
        new Promise<{ ends: number; state: number }>((resolve) => {
          const source = new EventSource(address);
          let ends = 0;
          source.addEventListener('end', () => (ends += 1));
          source.addEventListener('error', () => {
            if (source.readyState === EventSource.CLOSED)
              resolve({ ends, state: source.readyState });
          });
        }),
      below(id, 'events'),
    );
    expect(state).toEqual({ ends: 1, state: 2 });
  });

  /** Follows a log by fetch, as a page does that has to set a header, until the gateway ends it. */
  function followed(url: string, lastId: string | null): Promise<string> {
    return frontend.page.evaluate(
      async ({ address, last }) => {
        const headers: Record<string, string> = { accept: 'text/event-stream' };
        if (last !== null) headers['last-event-id'] = last;
        const answer = await fetch(address, { headers });
        const reader = answer.body?.pipeThrough(new TextDecoderStream()).getReader();
        let text = '';
        for (;;) {
          const piece = await reader?.read();
          if (piece === undefined || piece.done) return text;
          text += piece.value;
        }
      },
      { address: url, last: lastId },
    );
  }

  function eventsIn(text: string): Got[] {
    const blocks = text.split('\n\n').filter((block) => block.includes('event: '));
    return blocks.map((block) => {
      const of = (name: string): string =>
        new RegExp(`^${name}: (.*)$`, 'm').exec(block)?.[1] ?? '';
      return { id: of('id'), event: of('event'), data: of('data') };
    });
  }

  const textOf = (events: readonly Got[]): string =>
    events
      .filter(({ event }) => event === 'log')
      .map(({ data }) => (JSON.parse(data) as { text: string }).text)
      .join('');

  it.each(['concord', 'uipath'])(
    'follows the log of a run of %s from its beginning to its end, and goes on where it was',
    async (platform) => {
      const { id } = (await start(gateway, smoke.get(platform) ?? '')).body;
      const url = below(id, 'log');
      const events = eventsIn(await followed(url, null));
      expect(events.at(-1)?.event).toBe('end');
      const whole = await get(gateway, `/v1/runs/${encodeURIComponent(id)}/log`);
      expect(textOf(events)).toBe(whole.text);
      expect(whole.text.length).toBeGreaterThan(0);
      expect((await runOf(gateway, id)).final).toBe(true);
      // From the middle of it on: offsets are of bytes.
      const middle = Math.floor(Buffer.byteLength(whole.text) / 2);
      const rest = eventsIn(await followed(url, String(middle)));
      expect(textOf(rest)).toBe(Buffer.from(whole.text).subarray(middle).toString());
    },
  );

  it('left no complaint', () => {
    expect(frontend.complaints).toEqual([]);
  });
});
