import { describe, expect, test } from '@jest/globals';
import { NotFoundError, StoreUnavailableError } from '../domain/errors.ts';
import { type FormTools, ImportForm } from './import-form.ts';

/** Tools that take down what is asked of them. */
class Recorded implements FormTools {
  readonly asked: string[] = [];
  readonly mostBytes = 1_000_000;
  readonly store: FormTools['store'] = {
    write: async (content) => {
      this.asked.push('write');
      let length = 0;
      for await (const chunk of content) length += chunk.length;
      return { id: 'file-1', length, sha256: '' };
    },
    remove: () => Promise.resolve(),
  };
  readonly #refusal: Error | null;

  constructor(refusal: Error | null = null) {
    this.#refusal = refusal;
  }

  readonly connectionOf: FormTools['connectionOf'] = (id) => {
    throw new NotFoundError(id);
  };

  readonly ready = (): Promise<void> => {
    this.asked.push('ready');
    return Promise.resolve();
  };

  readonly admit = (length: number): void => {
    this.asked.push(`admit ${length}`);
    if (this.#refusal !== null) throw this.#refusal;
  };
}

async function* upload(): AsyncGenerator<Buffer> {
  yield Buffer.from(await Promise.resolve('content'));
}

describe('a form with a file', () => {
  test('asks, by how long its request is, whether its file can be looked into, and stores it then', async () => {
    const tools = new Recorded();
    const form = new ImportForm(tools);
    form.size.announce(700_000);
    await form.file('file', 'a.json', upload());
    expect(tools.asked).toEqual(['admit 700000', 'ready', 'write']);
  });

  test('of a request that does not say how long it is has its file counted by what came', async () => {
    const tools = new Recorded();
    await new ImportForm(tools).file('file', 'a.json', upload());
    expect(tools.asked).toEqual(['admit 0', 'ready', 'write', 'admit 7']);
  });

  test('lets go of a file that turns out to be one too many', async () => {
    const refusal = new StoreUnavailableError('Too many wait.');
    const tools = new Recorded();
    const removed: string[] = [];
    const store: FormTools['store'] = {
      write: tools.store.write,
      remove: (id) => Promise.resolve(void removed.push(id)),
    };
    const admit = (length: number): void => {
      if (length > 0) throw refusal;
    };
    const { connectionOf, ready, mostBytes } = tools;
    const form = new ImportForm({ connectionOf, ready, mostBytes, store, admit });
    await expect(form.file('file', 'a.json', upload())).rejects.toBe(refusal);
    await form.discard();
    expect(removed).toEqual(['file-1']);
  });

  test('stores nothing of one that cannot be, a plan neither', async () => {
    for (const validateOnly of ['', 'true']) {
      const refusal = new StoreUnavailableError('Too many wait.');
      const tools = new Recorded(refusal);
      const form = new ImportForm(tools);
      form.asked({ validateOnly });
      await expect(form.file('file', 'a.json', upload())).rejects.toBe(refusal);
      expect(tools.asked).toEqual(['admit 0']);
    }
  });
});
