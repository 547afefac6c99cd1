import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Readable } from 'node:stream';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { readExport } from './export-reading.ts';

const pieceBytes = 64 * 1_024;
const begin =
  '{"Processes":[{"UniqueIdentifier":"11111111-2222-4333-8444-555555555555","Name":"n",';

describe('a file of 30 MB', () => {
  let collect: () => void;

  beforeAll(() => {
    setFlagsFromString('--expose-gc');
    collect = runInNewContext('gc') as () => void;
  });
  afterAll(() => {
    setFlagsFromString('--no-expose-gc');
  });

  /** In bytes, with nothing in it that nobody needs any more. */
  const held = (): number => {
    // What the first one frees outside the heap is counted by the second.
    collect();
    collect();
    const { heapUsed, external } = process.memoryUsage();
    return heapUsed + external;
  };

  test.each([
    ['one text', '"Bpmn":"', 'x', '"}]}'],
    ['one text of escapes', '"Bpmn":"', `${'x'.repeat(20)}\\u00e9\\n`, '"}]}'],
    ['one name', '"Name":"', 'x', '"}]}'],
    ['one key', '"', 'k', '":1}]}'],
    ['one number', '"a":', '1', '}]}'],
    ['blanks', '', ' ', '"a":1}]}'],
    ['a list of large texts', '"a":["', `${'x'.repeat(60_000)}","`, '"]}]}'],
  ])('of %s is never held', async (_name, open, unit, close) => {
    const mostBytes = 30 * 1_024 ** 2;
    const piece = Buffer.from(unit.repeat(Math.ceil(pieceBytes / unit.length)));
    const samples: number[] = [];
    const content = function* (): Generator<Buffer> {
      yield Buffer.from(begin + open);
      for (let sent = 0; sent < mostBytes; sent += piece.length) {
        if (sent >= samples.length * (mostBytes / 4)) samples.push(held());
        yield Buffer.from(piece);
      }
      samples.push(held());
      yield Buffer.from(close);
    };
    const open30 = (): Promise<Readable> => Promise.resolve(Readable.from(content()));
    const scan = await readExport(open30, AbortSignal.timeout(60_000));
    expect(scan.isWhole).toBe(true);
    const [first = 0, ...later] = samples;
    // Of the 30 MB, what is held is some pieces that are under way.
    expect(Math.max(...later) - first).toBeLessThan(10 * 1_024 ** 2);
  });

  test('of 1,000 processes leaves nothing behind but what is known of them', async () => {
    const rest = 'x'.repeat(30_000);
    const content = function* (): Generator<Buffer> {
      yield Buffer.from('{"Processes":[');
      for (let index = 0; index < 1_000; index += 1) {
        const guid = `${String(index).padStart(8, '0')}-2222-4333-8444-555555555555`;
        const process = { Name: `Process number ${index}`, UniqueIdentifier: guid, Bpmn: rest };
        yield Buffer.from(`${index === 0 ? '' : ','}${JSON.stringify(process)}`);
      }
      yield Buffer.from(']}');
    };
    const before = held();
    const scan = await readExport(
      () => Promise.resolve(Readable.from(content())),
      AbortSignal.timeout(60_000),
    );
    expect(held() - before).toBeLessThan(10 * 1_024 ** 2);
    expect(scan.processes).toHaveLength(1_000);
  });
});
