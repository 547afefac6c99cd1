import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { setImmediate as soon } from 'node:timers/promises';
import type { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { type FormLimits, type FormParts, readForm } from './form-reader.ts';

interface Part {
  readonly name: string;
  readonly fileName: string | null;
  readonly content: Buffer;
}

const limits: FormLimits = { parts: 20, textBytes: 1_000 };
const boundary = 'a-boundary';
const type = `multipart/form-data; boundary="${boundary}"`;

function written(parts: readonly Part[]): Buffer {
  const pieces = parts.flatMap(({ name, fileName, content }) => {
    const file = fileName === null ? '' : `; filename="${fileName}"\r\nContent-Type: text/plain`;
    const head = `--${boundary}\r\nContent-Disposition: form-data; name="${name}"${file}\r\n\r\n`;
    return [Buffer.from(head), content, Buffer.from('\r\n')];
  });
  return Buffer.concat([...pieces, Buffer.from(`--${boundary}--\r\n`)]);
}

/** Cut into pieces of these lengths, over and over. */
async function* cut(bytes: Buffer, lengths: readonly number[]): AsyncGenerator<Buffer> {
  for (let at = 0, turn = 0; at < bytes.length; turn += 1) {
    const length = lengths[turn % lengths.length] ?? bytes.length;
    yield bytes.subarray(at, at + length);
    at += length;
    if (turn % 7 === 0) await soon();
  }
}

class Taken implements FormParts {
  readonly texts = new Map<string, string>();
  readonly files = new Map<string, { fileName: string | null; content: Buffer }>();

  isFile(_name: string, fileName: string | null): boolean {
    return fileName !== null;
  }

  text(name: string, value: string): void {
    this.texts.set(name, value);
  }

  async file(name: string, fileName: string | null, content: Readable): Promise<void> {
    this.files.set(name, { fileName, content: await buffer(content) });
  }
}

const part = (name: string, fileName: string | null, content: string | Buffer = ''): Part => ({
  name,
  fileName,
  content: Buffer.from(content),
});

async function read(parts: readonly Part[], lengths: readonly number[] = [65_536]): Promise<Taken> {
  const taken = new Taken();
  await readForm({ type, content: cut(written(parts), lengths) }, limits, taken);
  return taken;
}

const names = fc.stringMatching(/^[\w./-]{1,30}$/);
const parts = fc.uniqueArray(
  fc.record({
    name: names,
    fileName: fc.option(fc.stringMatching(/^[\w.-]{1,30}$/)),
    content: fc
      .array(
        fc.oneof(
          fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
          fc.constantFrom(`\r\n--${boundary}`, '\r\n--', '\r\n', '--').map((t) => Buffer.from(t)),
        ),
        { maxLength: 4 },
      )
      .map((pieces) => Buffer.concat(pieces))
      // What looks like a boundary of its own would be one.
      .filter((content) => !content.includes(`--${boundary}`)),
  }),
  { selector: ({ name }) => name, maxLength: 8 },
);

describe('a form', () => {
  test('arrives as it was sent, wherever it is cut', async () => {
    const lengths = fc.array(fc.integer({ min: 1, max: 90 }), { minLength: 1, maxLength: 5 });
    await fc.assert(
      fc.asyncProperty(parts, lengths, async (sent, at) => {
        const { texts, files } = await read(sent, at);
        const [ofFiles, ofTexts] = [
          sent.filter(({ fileName }) => fileName !== null),
          sent.filter(({ fileName }) => fileName === null),
        ];
        expect(files).toEqual(
          new Map(ofFiles.map(({ name, fileName, content }) => [name, { fileName, content }])),
        );
        expect(texts).toEqual(
          new Map(ofTexts.map(({ name, content }) => [name, content.toString()])),
        );
      }),
      { numRuns: 150 },
    );
  });

  test('takes names and texts as UTF-8', async () => {
    const { texts } = await read([part('größe', null, 'schön')], [1]);
    expect([...texts]).toEqual([['größe', 'schön']]);
  });

  test('is read no faster than its files are taken', async () => {
    let sent = 0;
    const bytes = written([part('big', 'big', Buffer.alloc(10_000_000))]);
    async function* content(): AsyncGenerator<Buffer> {
      for await (const chunk of cut(bytes, [65_536])) {
        sent += chunk.length;
        yield chunk;
      }
    }
    let most = 0;
    const taken = new Taken();
    taken.file = async (_name, _fileName, file) => {
      let received = 0;
      for await (const chunk of file as AsyncIterable<Buffer>) {
        received += chunk.length;
        await soon();
        most = Math.max(most, sent - received);
      }
      expect(received).toBe(10_000_000);
    };
    await readForm({ type, content: content() }, limits, taken);
    expect(most).toBeLessThan(1_000_000);
  });
});

describe('what is wrong', () => {
  const refused = async (
    content: AsyncIterable<Buffer>,
    taken: FormParts = new Taken(),
    ofType = type,
  ): Promise<unknown> =>
    readForm({ type: ofType, content }, limits, taken).catch((e: unknown) => e);

  test.each([
    ['no boundary', 'multipart/form-data', ''],
    ['another boundary', 'multipart/form-data; boundary=other', written([part('a', null)])],
    ['no end', type, written([part('a', 'a', 'x'.repeat(500))]).subarray(0, 300)],
    ['no end of a head', type, written([part('a', 'a')]).subarray(0, 30)],
    ['nothing at all', type, ''],
    ['a part without a name', type, written([part('', 'a', 'x')])],
  ])('with %s is said', async (_name, ofType, bytes) => {
    const error = await refused(cut(Buffer.from(bytes), [7]), new Taken(), ofType);
    expect(error).toMatchObject({ code: 'invalid_request', details: { outcome: 'not_sent' } });
  });

  test.each([
    ['a text', [part('a', null, 'x'.repeat(1_001))]],
    ['the number of parts', Array.from({ length: 21 }, (_, at) => part(`p${at}`, 'f'))],
  ])('with the size of %s is too large', async (_name, sent) => {
    expect(await refused(cut(written(sent), [100]))).toMatchObject({ code: 'too_large' });
  });

  test('is said while the form still comes', async () => {
    const fault = new Error('not this one');
    const taken = new Taken();
    taken.text = () => {
      throw fault;
    };
    async function* endless(): AsyncGenerator<Buffer> {
      yield written([part('a', 'a', 'x')]).subarray(0, -`--${boundary}--\r\n`.length);
      yield written([part('b', null, 'x')]);
      for (;;) {
        await soon();
        yield Buffer.alloc(1_000);
      }
    }
    expect(await refused(endless(), taken)).toBe(fault);
  });

  test('is what whoever takes a file says of it', async () => {
    const fault = new Error('no such file here');
    const taken = new Taken();
    taken.file = async (_name, _fileName, content) => {
      for await (const chunk of content) throw chunk === null ? new Error('nothing') : fault;
    };
    const sent = [part('a', 'a', 'x'.repeat(500)), part('b', 'b', 'y')];
    for (const at of [7, 65_536])
      expect(await refused(cut(written(sent), [at]), taken)).toBe(fault);
  });

  test('with a line that breaks is what the content says of it', async () => {
    const fault = new Error('gone');
    const taken = new Taken();
    let end: unknown = null;
    taken.file = async (_name, _fileName, content) => {
      await buffer(content).catch((error: unknown) => {
        end = error;
        throw error;
      });
    };
    async function* broken(): AsyncGenerator<Buffer> {
      yield written([part('a', 'a', 'x'.repeat(500))]).subarray(0, 300);
      await soon();
      throw fault;
    }
    expect(await refused(broken(), taken)).toBe(fault);
    expect(end).toBe(fault);
  });
});
