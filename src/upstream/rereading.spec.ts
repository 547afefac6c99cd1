import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { readingOf, Rereading } from './rereading.ts';

/** An upstream with a list in pages; each page says how many there are. */
class Upstream {
  pages: string[];
  headers: Record<string, string> = {};
  error: Error | null = null;
  sent: string[] = [];
  works = 0;
  readonly #rereading = new Rereading(4);

  constructor(pages: readonly string[]) {
    this.pages = [...pages];
  }

  read(mayStay = true): Promise<string | null> {
    const { signal } = new AbortController();
    return this.#rereading.read(signal, mayStay, async () => {
      this.works += 1;
      const first = await this.#ask(0, signal);
      const count = Number(first.headers['count']);
      const others = Array.from({ length: count - 1 }, (_, index) => this.#ask(index + 1, signal));
      return [first, ...(await Promise.all(others))].map(({ data }) => data.toString()).join(' ');
    });
  }

  /** What was sent since the last look. */
  get asked(): string[] {
    return this.sent.splice(0).sort();
  }

  async #ask(page: number, signal: AbortSignal) {
    const again = async () => {
      this.sent.push(`page ${page}`);
      await Promise.resolve();
      if (this.error !== null) throw this.error;
      const headers: Record<string, string> = {
        ...this.headers,
        count: String(this.pages.length),
      };
      return { status: 200, headers, data: Buffer.from(this.pages[page] ?? '') };
    };
    const reading = readingOf(signal);
    if (reading === undefined) throw new Error('the work of a reading is part of it');
    return reading.ask(`page ${page}`, { send: again, once: again }, signal);
  }
}

describe('a reading that is done again', () => {
  it('is whole when anything has changed and nothing otherwise, and sends no request twice', async () => {
    const lists = fc.array(fc.constantFrom('a', 'b'), { minLength: 1, maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(fc.array(lists, { minLength: 2, maxLength: 6 }), async (states) => {
        const upstream = new Upstream([]);
        let last: string | null = null;
        for (const pages of states) {
          upstream.pages = pages;
          const now = pages.join(' ');
          expect(await upstream.read()).toBe(now === last ? null : now);
          const { asked } = upstream;
          expect(new Set(asked).size).toBe(asked.length);
          expect(asked).toEqual(expect.arrayContaining(pages.map((_, page) => `page ${page}`)));
          last = now;
        }
      }),
    );
  });

  it('is whole when it has to be', async () => {
    const upstream = new Upstream(['a', 'b']);
    await upstream.read();
    expect(await upstream.read(false)).toBe('a b');
    expect(upstream.works).toBe(2);
  });

  it('looks at the headers too, but at none that differ each time', async () => {
    const upstream = new Upstream(['a']);
    upstream.headers = { date: 'Sat, 21 Nov 2026 08:00:00 GMT', 'x-request-id': '1' };
    await upstream.read();
    upstream.headers = { date: 'Sat, 21 Nov 2026 08:00:01 GMT', 'x-request-id': '2' };
    expect(await upstream.read()).toBeNull();
    upstream.headers = { ...upstream.headers, 'x-api-version': '2' };
    expect(await upstream.read()).toBe('a');
  });

  it('leaves an upstream that fails in peace after the first request, and says its error', async () => {
    const upstream = new Upstream(['a', 'b', 'c']);
    await upstream.read();
    expect(upstream.asked).toHaveLength(3);
    upstream.error = new Error('down');
    await expect(upstream.read()).rejects.toThrow('down');
    expect(upstream.asked).toEqual(['page 0']);
    upstream.error = null;
    expect(await upstream.read()).toBe('a b c');
    expect(await upstream.read()).toBeNull();
  });

  it('is whole again when it asked for something that cannot simply be asked again', async () => {
    const rereading = new Rereading(4);
    const read = () => {
      const { signal } = new AbortController();
      return rereading.read(signal, true, () => {
        const reading = readingOf(signal);
        if (reading !== undefined) reading.isRepeatable = false;
        return Promise.resolve('whole');
      });
    };
    expect([await read(), await read()]).toEqual(['whole', 'whole']);
  });
});
