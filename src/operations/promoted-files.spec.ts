import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { EventEmitter, once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Connection } from '../connections/connection.ts';
import { RateLimitedError } from '../domain/errors.ts';
import { DirectoryStore } from '../files/directory-store.ts';
import type { StoredFile } from '../files/file-store.ts';
import { type InspectionLimits, Inspections } from '../files/inspections.ts';
import { PromotedFiles, type PromotionTools } from './promoted-files.ts';
import type { Promotion } from './promotion.ts';

/** Tells that packages may come. */
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
const oneAtOnce: InspectionLimits = {
  smallBytes: 0,
  small: { atOnce: 1, mostWaiting: 10 },
  large: { atOnce: 1, mostWaiting: 10 },
  waitMs: 60_000,
  lookMs: 60_000,
};

let folder: string;
let begun = 0;
let looks = 0;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'promotion-spec-'));
});
beforeEach(() => {
  begun = 0;
  looks = 0;
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

const bringing = (about: Partial<PromotionTools> = {}): PromotedFiles =>
  new PromotedFiles({
    store: new DirectoryStore(folder),
    inspections: new Inspections(),
    mostBytes: 1_000,
    mostWaiting: 1,
    ...about,
  });

interface About {
  readonly isOpen?: boolean;
  readonly bytes?: number;
  readonly importTimeout?: number;
  /** What is kept of a package. */
  readonly contents?: Record<string, unknown>;
}

/** A connection whose packages are of so many bytes, once `open` is told. */
function connection(id: string, about: About = {}): Connection {
  const { isOpen = true, bytes = 10, importTimeout = 60_000, contents = {} } = about;
  const parts = {
    packages: {
      download: async (_key: string, _version: string, signal: AbortSignal) => {
        begun += 1;
        if (!isOpen) await Promise.race([once(events, 'open'), once(signal, 'abort')]);
        signal.throwIfAborted();
        return { content: Readable.from([Buffer.alloc(bytes)]), fileName: 'a.zip' };
      },
    },
    import: {
      inspect: () => {
        looks += 1;
        return Promise.resolve({ items: [], contents });
      },
    },
  };
  const part = (name: keyof typeof parts) => parts[name];
  const platform = { name: 'erp', title: 'ERP' };
  return { id, platform, config: { importTimeout }, part } as never;
}

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await nextTurn();
}

/** Lets everything come that is waited for. */
async function opened<T>(work: Promise<T>): Promise<T> {
  const tell = setInterval(() => events.emit('open'), 1);
  try {
    return await work;
  } finally {
    clearInterval(tell);
  }
}

describe('the files of promotions', () => {
  it('are as large as files may be, all of them together', async () => {
    const files = bringing({ mostBytes: 20 });
    const to = connection('next');
    const fits = { from: connection('dev', { bytes: 10 }), to };
    const stored = await files.bring(promotion, fits, never);
    expect(stored).toHaveLength(2);
    await files.remove(stored);
    const tooLarge = files.bring(promotion, { from: connection('dev', { bytes: 11 }), to }, never);
    await expect(tooLarge).rejects.toMatchObject({ code: 'too_large' });
    expect(readdirSync(folder)).toEqual([]);
  });

  it('are fetched two at a time from a connection, a few wait, more are refused', async () => {
    const files = bringing();
    const to = connection('next');
    const from = connection('dev', { isOpen: false });
    const gone = new AbortController();
    const first = files.bring(promotion, { from, to }, gone.signal);
    const second = files.bring(promotion, { from, to }, never);
    const third = files.bring(promotion, { from, to }, never);
    const refused = files.bring(promotion, { from, to }, never);
    await expect(refused).rejects.toBeInstanceOf(RateLimitedError);
    const elsewhere = files.bring(promotion, { from: connection('test'), to }, never);
    await files.remove(await elsewhere);
    expect(begun).toBe(2 + 2);
    // Whoever waits takes the place of one whose caller has gone.
    gone.abort(new Error('gone'));
    await expect(first).rejects.toThrow('gone');
    await until(() => begun === 5);
    const stored = (await opened(Promise.all([second, third]))).flat();
    expect(stored).toHaveLength(4);
    await files.remove(stored);
    expect(readdirSync(folder)).toEqual([]);
  });

  it('are fetched behind others that were given up while they waited', async () => {
    const files = bringing({ mostWaiting: 3 });
    const route = { from: connection('dev', { isOpen: false }), to: connection('next') };
    const bring = (signal = never) => files.bring(promotion, route, signal);
    const running = [bring(), bring()];
    const [one, two] = [new AbortController(), new AbortController()];
    const waiting = [bring(one.signal), bring(two.signal)];
    const last = bring();
    for (const [at, each] of [one, two].entries()) {
      each.abort(new Error('gone'));
      await expect(waiting[at]).rejects.toThrow('gone');
    }
    const stored = await opened(Promise.all([...running, last]));
    expect(stored.flat()).toHaveLength(6);
    await files.remove(stored.flat());
  });

  it('that wait for longer than an export may take are refused as too many', async () => {
    const files = bringing();
    const to = connection('next');
    const from = connection('dev', { isOpen: false });
    const running = [files.bring(promotion, { from, to }, never)];
    running.push(files.bring(promotion, { from, to }, never));
    const hasty = { from: connection('dev', { importTimeout: 20 }), to };
    await expect(files.bring(promotion, hasty, never)).rejects.toBeInstanceOf(RateLimitedError);
    const stored = await opened(Promise.all(running));
    await files.remove(stored.flat());
  });

  it('are looked into when it is their turn among all files', async () => {
    const inspections = new Inspections(oneAtOnce);
    let stored = 0;
    class TellingStore extends DirectoryStore {
      override async write(content: AsyncIterable<Buffer>): Promise<StoredFile> {
        const file = await super.write(content);
        stored += 1;
        return file;
      }
    }
    const files = bringing({ inspections, store: new TellingStore(folder) });
    const other = new EventEmitter();
    const looking = inspections.look(1, () => once(other, 'end'));
    const route = { from: connection('dev'), to: connection('next') };
    const brought = files.bring(promotion, route, never);
    await until(() => stored === 1);
    await nextTurn();
    expect(looks).toBe(0);
    other.emit('end');
    await looking;
    await files.remove(await brought);
    expect(looks).toBe(2);
  });

  it('bring no more, all together, than what is kept of a file', async () => {
    const files = bringing();
    const contents = { names: 'n'.repeat(600 * 1_024) };
    const route = { from: connection('dev'), to: connection('next', { contents }) };
    await expect(files.bring(promotion, route, never)).rejects.toMatchObject({
      code: 'invalid_file',
      details: { outcome: 'not_sent', errors: [{ at: 'items' }] },
    });
    expect(readdirSync(folder)).toEqual([]);
    const one = await files.bring({ ...promotion, items: promotion.items.slice(1) }, route, never);
    await files.remove(one);
  });
});
