import { describe, expect, test } from '@jest/globals';
import { once } from 'node:events';
import { PassThrough, Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { readZip } from '../sandbox/kit/zip.ts';
import { type ZipMember, zipStream } from './zip-stream.ts';

const signal = (): AbortSignal => AbortSignal.timeout(10_000);

function member(name: string, open: ZipMember['open'], isCompressed = false): ZipMember {
  return { name, modifiedAt: '2026-11-21T05:06:08.000Z', isCompressed, open };
}
const holding = (name: string, text: string, isCompressed = false): ZipMember =>
  member(name, () => Promise.resolve(Readable.from([Buffer.from(text)])), isCompressed);

/** What comes of reading it to its end. */
async function ending(content: Readable): Promise<unknown> {
  return buffer(content).then(
    () => 'a whole archive',
    // One of Node's own is of another realm here.
    (error: unknown) => (error as Error).message,
  );
}

describe('an archive that is made while it is read', () => {
  test('holds its members, stored or deflated, under names of their own', async () => {
    const members = [
      holding('a.json', 'first '.repeat(10_000)),
      holding('A.json', 'second', true),
      holding('\u00fcber.json', ''),
    ];
    const bytes = await buffer(await zipStream(members, signal()));
    const entries = readZip(bytes, () => true);
    expect(entries.map(({ name, content }) => [name, content.length])).toEqual([
      ['a.json', 60_000],
      ['A (2).json', 6],
      ['\u00fcber.json', 0],
    ]);
    expect(bytes.length).toBeLessThan(2_000);
  });

  test('is the same whenever it is made', async () => {
    const make = async (): Promise<Buffer> => {
      const members = [{ ...holding('a.json', 'x'), modifiedAt: null }, holding('b.json', 'y')];
      return buffer(await zipStream(members, signal()));
    };
    expect(await make()).toEqual(await make());
  });

  test('opens a member only when all before it has been read', async () => {
    const opened: string[] = [];
    const first = new PassThrough();
    const content = await zipStream(
      [
        member('a', () => {
          opened.push('a');
          return Promise.resolve(first);
        }),
        member('b', () => {
          opened.push('b');
          return Promise.resolve(Readable.from(['b']));
        }),
      ],
      signal(),
    );
    content.resume();
    first.write('some of it');
    await new Promise((done) => setTimeout(done, 20));
    expect(opened).toEqual(['a']);
    first.end();
    await once(content, 'end');
    expect(opened).toEqual(['a', 'b']);
  });

  test('whose first member cannot be opened is none', async () => {
    const members = [member('a', () => Promise.reject(new Error('not now'))), holding('b', 'b')];
    await expect(zipStream(members, signal())).rejects.toThrow('not now');
  });

  test('whose later member cannot be opened breaks off', async () => {
    const members = [holding('a', 'a'), member('b', () => Promise.reject(new Error('gone')))];
    expect(await ending(await zipStream(members, signal()))).toBe('gone');
  });

  test.each([
    ['fails', (source: PassThrough) => source.destroy(new Error('cut')), 'cut'],
    ['is closed too early', (source: PassThrough) => source.destroy(), 'Premature close'],
  ])('whose member %s breaks off', async (_name, end, message) => {
    const source = new PassThrough();
    const members = [holding('a', 'a'), member('b', () => Promise.resolve(source))];
    const content = await zipStream(members, signal());
    source.write('some of it');
    setTimeout(() => end(source), 20);
    expect(await ending(content)).toBe(message);
  });

  test('that nobody reads any more closes what is open, and opens nothing else', async () => {
    const source = new PassThrough();
    let late: AbortSignal | null = null;
    const members = [
      member('a', (either) => {
        late = either;
        return Promise.resolve(source);
      }),
      member('b', () => Promise.reject(new Error('must not be opened'))),
    ];
    const content = await zipStream(members, signal());
    content.destroy();
    await once(source, 'close');
    expect(source.destroyed).toBe(true);
    expect(late).toMatchObject({ aborted: true });
  });

  test('that nobody reads yet fails quietly', async () => {
    const source = new PassThrough();
    const content = await zipStream([member('a', () => Promise.resolve(source))], signal());
    source.destroy(new Error('cut'));
    await new Promise((done) => setTimeout(done, 20));
    expect(content.errored?.message).toBe('cut');
  });
});
