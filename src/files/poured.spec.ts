import { expect, test } from '@jest/globals';
import { once } from 'node:events';
import { Writable } from 'node:stream';
import { Poured } from './poured.ts';

const memory = Buffer.alloc(1);

/** Pieces that lie in the same memory. */
// eslint-disable-next-line @typescript-eslint/require-await -- pieces are asynchronous
async function* pieces(text: string, fault?: Error): AsyncGenerator<Buffer> {
  for (const each of text) {
    memory.write(each);
    yield memory;
  }
  if (fault !== undefined) throw fault;
}

test('what is piped has come as it was, however late that takes it', async () => {
  let taken = '';
  const late = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      setImmediate(() => {
        taken += chunk.toString();
        done();
      });
    },
  });
  await once(new Poured(pieces('abcdef')).pipe(late), 'finish');
  expect(taken).toBe('abcdef');
});

test('nothing more is asked for where it does not go on', async () => {
  let asked = 0;
  async function* counted(): AsyncGenerator<Buffer> {
    for await (const piece of pieces('abcdef')) {
      asked += 1;
      yield piece;
    }
  }
  const fault = new Error('broken');
  const broken = new Writable({
    write: (_chunk, _encoding, done) => {
      done(fault);
    },
  });
  const body = new Poured(counted());
  const [error] = (await once(body.pipe(broken), 'error').catch((reason: unknown) => [reason])) as [
    unknown,
  ];
  expect(error).toBe(fault);
  expect([asked, body.destroyed]).toEqual([1, false]);
});

test('pieces that fail are its own failure, and no end', async () => {
  const fault = new Error('unreadable');
  const body = new Poured(pieces('ab', fault));
  const to = new Writable({
    write: (_chunk, _encoding, done) => {
      done();
    },
  });
  const failed = new Promise((resolve) => body.on('error', resolve));
  body.pipe(to);
  expect(await failed).toBe(fault);
  expect(to.writableEnded).toBe(false);
});

test('reading it in another way fails, instead of mixing up its pieces', async () => {
  const read = async (): Promise<void> => {
    for await (const piece of new Poured(pieces('ab'))) expect(piece).toBeNull();
  };
  await expect(read()).rejects.toThrow('can only be piped');
});
