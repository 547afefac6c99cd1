import { describe, expect, test } from '@jest/globals';
import { readLog } from './log.ts';
import type { Run } from './state.ts';

const logText = '日本語 äöü 👩‍👩‍👧';
const runOf = (given: Run['arguments']): Run => ({
  id: 'b57ee13f-fd08-46e9-8801-eb99d7f40796',
  requestId: 'b57ee13f-fd08-46e9-8801-eb99d7f40797',
  initiator: 'admin',
  parentInstanceId: null,
  organization: null,
  project: null,
  repository: null,
  asked: null,
  flow: 'main',
  steps: [{ log: 'before' }, { task: 'sleep', in: { duration: 6 } }, { log: 'after' }],
  hasFile: true,
  refusal: null,
  arguments: given,
  out: [],
  tags: [],
  meta: {},
  startAtMs: null,
  timeoutMs: null,
  attachments: {},
  attempts: [{ startMs: 0, submissions: [], cancelMs: null }],
  disabled: false,
});
const strange = '\u{fffd}';

describe('a long log', () => {
  const run = runOf({ logBytes: 300_000, logText });

  test('is text, of as many bytes as were asked for, between the lines of its flow', () => {
    const { content, size } = readLog(run, 60_000, null);
    const text = content.toString();
    expect(size).toBeGreaterThan(300_000);
    expect(text.includes(strange)).toBe(false);
    expect(text.split(logText).length).toBeGreaterThan(300_000 / 100);
    expect(/Sleeping for 6000ms\n.*日本語[^]*👧\n.*after\n/.test(text)).toBe(true);
  });

  test('grows while its run goes on, and ends within a character at times', () => {
    const looks = Array.from({ length: 60 }, (_, index) => readLog(run, index * 200, null));
    const sizes = new Set(looks.map(({ size }) => size));
    expect(sizes.size).toBeGreaterThan(8);
    expect(looks.some(({ content }) => content.toString().endsWith(strange))).toBe(true);
  });

  test('is given in chunks whose borders lie within characters', () => {
    const whole = readLog(run, 60_000, null);
    const chunks: Buffer[] = [];
    for (let at = 0; at < whole.size;) {
      const part = readLog(run, 60_000, null, `bytes=${at}-${at + 1}`);
      expect(part.start).toBe(at);
      chunks.push(part.content);
      at = part.end;
    }
    expect(Buffer.concat(chunks).equals(whole.content)).toBe(true);
    expect(chunks.filter((chunk) => chunk.toString().includes(strange)).length).toBeGreaterThan(1);
  });

  test('has lines of ASCII where no text is given', () => {
    const { content, size } = readLog(runOf({ logBytes: 1_000_000 }), 60_000, null);
    expect(size).toBeGreaterThan(1_000_000);
    expect(content.every((byte) => byte < 0x80)).toBe(true);
  });
});
