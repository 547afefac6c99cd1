import { createHash } from 'node:crypto';
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { CompactEncrypt, compactDecrypt } from 'jose';
import { z } from 'zod';
import { CursorExpiredError, InvalidRequestError } from '../domain/errors.ts';

/** One source of a walk: its connection, its snapshot (null: skipped for the whole walk), and when that was walked. */
export interface CursorSource {
  readonly connection: string;
  readonly snapshot: string | null;
  readonly asOf: number | null;
}

/** Where a walk over a list goes on. */
export interface Cursor {
  /** Fingerprint of everything that must stay the same from page to page. */
  readonly query: string;
  readonly offset: number;
  readonly sources: readonly CursorSource[];
  /** In ms since 1970. */
  readonly expiresAt: number;
}

const payload = z.object({
  q: z.string(),
  o: z.int().min(0),
  s: z.array(z.tuple([z.string(), z.string().nullable(), z.number().nullable()])),
  e: z.number(),
});

const algorithms = {
  keyManagementAlgorithms: ['dir'],
  contentEncryptionAlgorithms: ['A256GCM'],
};
const longestBytes = 1_024 ** 2;

/** Seals cursors, so that callers cannot read or change them (JWE, RFC 7516, AES-256-GCM). */
export class CursorSeal {
  readonly #key: Uint8Array;

  /** Any secret of 32 characters or more. */
  constructor(secret: string) {
    this.#key = createHash('sha256').update(`cursor\n${secret}`).digest();
  }

  async seal(cursor: Cursor): Promise<string> {
    const { query, offset, sources, expiresAt } = cursor;
    const s = sources.map(({ connection, snapshot, asOf }) => [connection, snapshot, asOf]);
    const text = JSON.stringify({ q: query, o: offset, s, e: expiresAt });
    // Deflated, because it travels in a URL and names every connection.
    return new CompactEncrypt(deflateRawSync(text))
      .setProtectedHeader({ alg: 'dir', enc: 'A256GCM' })
      .encrypt(this.#key);
  }

  /**
   * What a cursor says at `now`, in ms since 1970.
   * @throws InvalidRequestError when it was tampered with or belongs to another query
   * @throws CursorExpiredError when it is too old
   */
  async open(token: string, query: string, now: number): Promise<Cursor> {
    const { q, o, s, e } = await this.#payload(token);
    if (q !== query) {
      throw new InvalidRequestError(
        'The cursor belongs to a list with other filters, order or fields.',
        {
          errors: [
            {
              at: 'cursor',
              message: 'repeat every parameter of the first page; only limit may change',
            },
          ],
        },
      );
    }
    if (e < now) {
      throw new CursorExpiredError('The cursor is too old: begin again with the first page.');
    }
    const sources = s.map(([connection, snapshot, asOf]) => ({ connection, snapshot, asOf }));
    return { query: q, offset: o, sources, expiresAt: e };
  }

  async #payload(token: string): Promise<z.output<typeof payload>> {
    try {
      const { plaintext } = await compactDecrypt(token, this.#key, algorithms);
      const json = inflateRawSync(plaintext, { maxOutputLength: longestBytes });
      return payload.parse(JSON.parse(json.toString('utf8')));
    } catch (cause) {
      throw new InvalidRequestError('The cursor is not one that this gateway made.', {
        errors: [
          { at: 'cursor', message: 'must be page.nextCursor of the page before, unchanged' },
        ],
        cause,
      });
    }
  }
}
