import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { EventEmitter, once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import type { Connection } from '../connections/connection.ts';
import { RateLimitedError } from '../domain/errors.ts';
import { DirectoryStore } from '../files/directory-store.ts';
import { PromotedFiles, type Promotion } from './promotion.ts';

const events = new EventEmitter();
events.setMaxListeners(0);
const never = new AbortController().signal;
const promotion: Promotion = {
  from: 'dev',
  onConflict: 'error',
  items: [
    { key: 'a', version: '1' },
    { key: 'b', version: '1' },
  ],
};

let folder: string;
let begun = 0;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'promotion-spec-'));
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

/** A connection whose packages are of so many bytes, once `open` is told. */
function connection(id: string, isOpen: boolean, bytes = 10): Connection {
  const parts = {
    packages: {
      download: async (_key: string, _version: string, signal: AbortSignal) => {
        begun += 1;
        if (!isOpen) await Promise.race([once(events, 'open'), once(signal, 'abort')]);
        signal.throwIfAborted();
        return { content: Readable.from([Buffer.alloc(bytes)]), fileName: 'a.zip' };
      },
    },
    import: { inspect: () => Promise.resolve({ items: [], contents: {} }) },
  };
  const part = (name: keyof typeof parts) => parts[name];
  const platform = { name: 'erp', title: 'ERP' };
  return { id, platform, config: { importTimeout: 60_000 }, part } as never;
}

describe('the files of promotions', () => {
  it('are as large as files may be, all of them together', async () => {
    const files = new PromotedFiles(new DirectoryStore(folder), 20);
    const to = connection('next', true);
    const fits = { from: connection('dev', true, 10), to };
    const stored = await files.bring(promotion, fits, never);
    expect(stored).toHaveLength(2);
    await files.remove(stored);
    const tooLarge = files.bring(promotion, { from: connection('dev', true, 11), to }, never);
    await expect(tooLarge).rejects.toMatchObject({ code: 'too_large' });
    expect(readdirSync(folder)).toEqual([]);
  });

  it('are fetched two at a time from a connection, a few wait, more are refused', async () => {
    const files = new PromotedFiles(new DirectoryStore(folder), 1_000, 1);
    const to = connection('next', true);
    const from = connection('dev', false);
    begun = 0;
    const gone = new AbortController();
    const first = files.bring(promotion, { from, to }, gone.signal);
    const second = files.bring(promotion, { from, to }, never);
    const third = files.bring(promotion, { from, to }, never);
    const refused = files.bring(promotion, { from, to }, never);
    await expect(refused).rejects.toBeInstanceOf(RateLimitedError);
    const elsewhere = files.bring(promotion, { from: connection('test', true), to }, never);
    await files.remove(await elsewhere);
    expect(begun).toBe(2 + 2);
    // Whoever waits takes the place of one whose caller has gone.
    gone.abort(new Error('gone'));
    await expect(first).rejects.toThrow('gone');
    while (begun < 5) await new Promise(setImmediate);
    const tell = setInterval(() => events.emit('open'), 1);
    const stored = [...(await second), ...(await third)];
    clearInterval(tell);
    expect(stored).toHaveLength(4);
    await files.remove(stored);
    expect(readdirSync(folder)).toEqual([]);
  });
});
