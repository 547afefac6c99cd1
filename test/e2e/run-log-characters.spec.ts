import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { type Gateway, Stage } from '../support/gateway.ts';
import { ended, start } from '../support/runs.ts';
import { Listener, type ReceivedEvent } from '../support/sse.ts';

jest.setTimeout(120_000);

/** Characters of two to four bytes: the platform cuts what a run writes wherever a buffer of 64 KiB is full. */
const logText = '日本語 äöü 👩‍👩‍👧';
const strange = '\u{fffd}';

let stage: Stage;
let gateway: Gateway;
let url: string;
let followed: Listener;
let whole: Buffer;

beforeAll(async () => {
  stage = await Stage.open();
  [gateway] = await Promise.all([stage.gateway(), stage.worker()]);
  const input = { seconds: 12, logBytes: 500_000, logText };
  const { body } = await start(gateway, 'concord:Default:platform-checks:main:sleep', { input });
  url = `${gateway.baseUrl}/v1/runs/${encodeURIComponent(body.id)}/log`;
  followed = await Listener.open(url);
  await ended(gateway, body.id);
  await followed.ended;
  whole = Buffer.from(await (await fetch(url)).arrayBuffer());
});
afterAll(() => stage.close());

const logs = (events: readonly ReceivedEvent[]): readonly ReceivedEvent[] =>
  events.filter(({ event }) => event === 'log');
const textOf = (events: readonly ReceivedEvent[]): string =>
  logs(events)
    .map(({ data }) => (JSON.parse(data) as { text: string }).text)
    .join('');
/** Where the bytes of a character lie that has so many of them. */
const placesOf = (character: string): { readonly from: number; readonly length: number } => ({
  from: whole.indexOf(character, 200_000),
  length: Buffer.byteLength(character),
});

describe('a log with characters of several bytes', () => {
  it('is whole: none of them is lost', () => {
    expect(whole.length).toBeGreaterThan(500_000);
    const lines = whole.toString().split('\n');
    const long = lines.filter((line) => line.includes('日'));
    expect(long.length).toBeGreaterThan(5_000);
    expect(long.every((line) => line.endsWith(logText))).toBe(true);
    expect(whole.includes(strange)).toBe(false);
  });

  it('is followed by whole characters while it grows, and their bytes are counted', () => {
    const events = logs(followed.events);
    expect(events.length).toBeGreaterThan(5);
    const text = textOf(events);
    expect(text.includes(strange)).toBe(false);
    expect(Buffer.from(text).equals(whole)).toBe(true);
    expect(followed.events.at(-1)).toMatchObject({ event: 'end', id: `${whole.length}e` });
  });

  it('goes on from each event that was seen', async () => {
    const resumed = logs(followed.events)
      .slice(0, -1)
      .map(async ({ id }) => {
        const rest = await Listener.open(url, { 'last-event-id': id });
        await rest.ended;
        const text = textOf(rest.events);
        expect(text.includes(strange)).toBe(false);
        expect(Buffer.from(text).equals(whole.subarray(Number(id)))).toBe(true);
      });
    await Promise.all(resumed);
  });

  it.each(['ä', '日', '👩'])('is given to the byte by ranges that cut %s', async (character) => {
    const { from, length } = placesOf(character);
    expect(from).toBeGreaterThan(0);
    for (let cut = from; cut <= from + length; cut += 1)
      for (const [first, last] of [
        [cut, cut + 70_000],
        [cut - 70_000, cut],
      ] as const) {
        const answer = await fetch(url, { headers: { range: `bytes=${first}-${last}` } });
        const bytes = Buffer.from(await answer.arrayBuffer());
        const range = `bytes ${first}-${last}/${whole.length}`;
        expect([answer.status, answer.headers.get('content-range')]).toEqual([206, range]);
        expect(bytes.equals(whole.subarray(first, last + 1))).toBe(true);
      }
  });
});
