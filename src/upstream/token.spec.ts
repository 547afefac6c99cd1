import { describe, expect, test } from '@jest/globals';
import { UpstreamAuthFailedError, UpstreamUnavailableError } from '../domain/errors.ts';
import { type Token, TokenAuthenticator } from './token.ts';

const signal = (): AbortSignal => AbortSignal.timeout(5_000);
const bearer = (value: string): Record<string, string> => ({ authorization: `Bearer ${value}` });

/** A token endpoint that answers when told to. */
function endpoint(lifetimeMs = 3_600_000) {
  const waiting: { give: (token: Token) => void; refuse: (error: Error) => void }[] = [];
  let fetches = 0;
  const auth = new TokenAuthenticator(
    () => {
      fetches += 1;
      return new Promise((give, refuse) => waiting.push({ give, refuse }));
    },
    () => ['the-client-secret'],
  );
  return {
    auth,
    fetches: () => fetches,
    answer: (value: string) => {
      for (const { give } of waiting.splice(0)) give({ value, lifetimeMs });
    },
    refuse: (error: Error) => {
      for (const { refuse } of waiting.splice(0)) refuse(error);
    },
  };
}

describe('a token', () => {
  test('is fetched once, however many ask, and kept', async () => {
    const { auth, answer, fetches } = endpoint();
    const asked = Array.from({ length: 50 }, () => auth.headers(signal()));
    answer('one');
    expect(new Set((await Promise.all(asked)).map((headers) => headers['authorization']))).toEqual(
      new Set(['Bearer one']),
    );
    expect(await auth.headers(signal())).toEqual(bearer('one'));
    expect(fetches()).toBe(1);
  });

  test('is fetched anew before it ends: a minute before, or half-way where it is short', async () => {
    const nearlyOver = endpoint(0);
    const first = nearlyOver.auth.headers(signal());
    nearlyOver.answer('one');
    await first;
    const second = nearlyOver.auth.headers(signal());
    nearlyOver.answer('two');
    expect(await second).toEqual(bearer('two'));
    const short = endpoint(30_000);
    const asked = short.auth.headers(signal());
    short.answer('one');
    await asked;
    await short.auth.headers(signal());
    expect(short.fetches()).toBe(1);
  });

  test('that was rejected is renewed once, however many met the rejection', async () => {
    const { auth, answer, fetches } = endpoint();
    const first = auth.headers(signal());
    answer('one');
    const rejected = await first;
    const renewals = Array.from({ length: 20 }, () => auth.renew(rejected, signal()));
    answer('two');
    expect(await Promise.all(renewals)).toEqual(renewals.map(() => true));
    expect(await auth.renew(rejected, signal())).toBe(true);
    expect(await auth.headers(signal())).toEqual(bearer('two'));
    expect(fetches()).toBe(2);
  });

  test('endpoint that refuses is left alone for a while', async () => {
    const { auth, refuse, fetches } = endpoint();
    const asked = auth.headers(signal());
    refuse(new UpstreamAuthFailedError('Wrong secret.'));
    await expect(asked).rejects.toThrow('Wrong secret.');
    await expect(auth.headers(signal())).rejects.toMatchObject({
      message: expect.stringMatching(/^Wrong secret\. That is remembered: .* for 15 s,/),
      details: { sent: 'no', retryAfterMs: expect.any(Number) },
    });
    expect(fetches()).toBe(1);
  });

  test('endpoint that is only down is asked again by the next', async () => {
    const { auth, refuse, answer, fetches } = endpoint();
    const asked = auth.headers(signal());
    refuse(new UpstreamUnavailableError('Down.'));
    await expect(asked).rejects.toThrow('Down.');
    const again = auth.headers(signal());
    answer('one');
    expect(await again).toEqual(bearer('one'));
    expect(fetches()).toBe(2);
  });

  test('goes on being fetched for the others when one gives up', async () => {
    const { auth, answer, fetches } = endpoint();
    const impatient = new AbortController();
    const [left, stayed] = [auth.headers(impatient.signal), auth.headers(signal())];
    impatient.abort(new Error('no time'));
    await expect(left).rejects.toThrow('no time');
    answer('one');
    expect(await stayed).toEqual(bearer('one'));
    expect(fetches()).toBe(1);
  });

  test('is not fetched for a caller who has given up already', async () => {
    const { auth, fetches } = endpoint();
    await expect(auth.headers(AbortSignal.abort(new Error('too late')))).rejects.toThrow(
      'too late',
    );
    expect(fetches()).toBe(0);
  });

  test('is a secret as long as anybody may take it, like what it is fetched with', async () => {
    const { auth, answer } = endpoint();
    expect(auth.secrets()).toEqual(['the-client-secret']);
    const first = auth.headers(signal());
    answer('one');
    await first;
    const renewal = auth.renew(bearer('one'), signal());
    answer('two');
    await renewal;
    expect([...auth.secrets()].sort()).toEqual(['one', 'the-client-secret', 'two']);
  });
});
