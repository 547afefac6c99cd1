import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { CompactEncrypt } from 'jose';
import { createHash } from 'node:crypto';
import { CursorExpiredError, InvalidRequestError } from '../domain/errors.ts';
import { type Cursor, CursorSeal } from './cursor.ts';

const secret = 'a secret of thirty-two characters or more';
const seal = new CursorSeal(secret);
const cursor: Cursor = {
  query: 'q1',
  offset: 50,
  sources: [
    { connection: 'erp', snapshot: 'abc', asOf: 1_800_000_000_000 },
    { connection: 'crm', snapshot: null, asOf: null },
  ],
  expiresAt: 2_000,
};

describe('a sealed cursor', () => {
  it('opens as what was sealed, for the same query, until it expires', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.record({
          query: fc.string(),
          offset: fc.nat(),
          expiresAt: fc.integer({ min: 0 }),
          sources: fc.array(
            fc.record({
              connection: fc.string({ unit: 'binary' }),
              snapshot: fc.option(fc.string()),
              asOf: fc.option(fc.nat()),
            }),
            { maxLength: 5 },
          ),
        }),
        async (any) => {
          const token = await seal.seal(any);
          expect(token).toMatch(/^[\w.-]+$/);
          const again = new CursorSeal(secret);
          expect(await again.open(token, any.query, any.expiresAt)).toEqual(any);
          await expect(again.open(token, any.query, any.expiresAt + 1)).rejects.toThrow(
            CursorExpiredError,
          );
          await expect(again.open(token, `${any.query}!`, 0)).rejects.toThrow(InvalidRequestError);
        },
      ),
    );
  });

  it('says nothing of what is in it', async () => {
    const parts = (await seal.seal(cursor)).split('.');
    const readable = parts.map((part) => Buffer.from(part, 'base64url').toString('latin1')).join();
    expect(readable).not.toMatch(/erp|crm|abc|q1/);
  });

  it('does not open once any character of it is another', async () => {
    const token = await seal.seal(cursor);
    await fc.assert(
      fc.asyncProperty(
        fc.nat(token.length - 1),
        fc.constantFrom('A', 'b', '7', '.'),
        async (at, to) => {
          const changed = `${token.slice(0, at)}${to}${token.slice(at + 1)}`;
          // The last characters of a part may carry bits that mean nothing.
          fc.pre(normal(changed) !== normal(token));
          await expect(seal.open(changed, 'q1', 0)).rejects.toMatchObject({
            code: 'invalid_request',
            details: { errors: [{ at: 'cursor' }] },
          });
        },
      ),
    );
  });

  const normal = (token: string): string =>
    token
      .split('.')
      .map((part) => Buffer.from(part, 'base64url').toString('hex'))
      .join('.');

  it('opens with no other key, and nothing else does that is sealed with its own', async () => {
    const stranger = await new CursorSeal(`${secret}!`).seal(cursor);
    const key = createHash('sha256').update(`cursor\n${secret}`).digest();
    const sealed = (text: string, enc = 'A256GCM'): Promise<string> =>
      new CompactEncrypt(Buffer.from(text)).setProtectedHeader({ alg: 'dir', enc }).encrypt(key);
    for (const token of [stranger, await sealed('{}'), await sealed('nonsense'), '', 'a.b.c.d.e'])
      await expect(seal.open(token, 'q1', 0)).rejects.toThrow(InvalidRequestError);
  });
});
