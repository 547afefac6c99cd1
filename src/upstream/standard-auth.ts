import { z } from 'zod';
import { UpstreamAuthFailedError, UpstreamRejectedError } from '../domain/errors.ts';
import type { BasicAuth, ClientCredentialsAuth, TokenAuth } from './auth.config.ts';
import { type Authenticator, fixedHeaders } from './authenticator.ts';
import { type Token, TokenAuthenticator } from './token.ts';
import type { UpstreamClient } from './upstream-client.ts';

/** Opens a client for another URL of the same connection, as its token endpoint, without credentials. */
export type OpenUnsigned = (baseUrl: URL) => UpstreamClient;

/** RFC 6749 §5.1; some identity providers write the numbers as strings. */
const tokenAnswer = z.object({
  access_token: z.string().min(1),
  expires_in: z.coerce.number().positive().catch(3_600),
});

/** Signs with any of the schemes that all platforms share. */
export function standardAuth(
  auth: TokenAuth | BasicAuth | ClientCredentialsAuth,
  open: OpenUnsigned,
): Authenticator {
  switch (auth.type) {
    case 'token':
      return fixedHeaders(
        () => ({ authorization: `Bearer ${auth.token.reveal()}` }),
        () => [auth.token.reveal()],
      );
    case 'basic':
      return fixedHeaders(
        () => ({ authorization: basic(auth.user, auth.password.reveal()) }),
        () => [auth.password.reveal()],
      );
    case 'clientCredentials':
      return clientCredentials(auth, open);
  }
}

/** The value of an `Authorization` header of RFC 7617, in UTF-8. */
export function basic(user: string, password: string): string {
  return `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
}

function clientCredentials(auth: ClientCredentialsAuth, open: OpenUnsigned): Authenticator {
  const endpoint = new URL('/', auth.tokenUrl);
  const client = open(endpoint);
  const fetch = async (signal: AbortSignal): Promise<Token> => {
    const form = new URLSearchParams({
      grant_type: 'client_credentials',
      client_id: auth.clientId,
      client_secret: auth.clientSecret.reveal(),
    });
    if (auth.scope !== undefined) form.set('scope', auth.scope);
    if (auth.resource !== undefined) form.set('resource', auth.resource);
    const answer = await signIn(() =>
      client.json(tokenAnswer, {
        method: 'POST',
        path: auth.tokenUrl.pathname,
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
        body: form.toString(),
        repeatable: true,
        signal,
      }),
    );
    return { value: answer.access_token, lifetimeMs: answer.expires_in * 1_000 };
  };
  return new TokenAuthenticator(fetch, () => [auth.clientSecret.reveal()]);
}

/** A token endpoint answers wrong credentials with 400 or 401 (RFC 6749 §5.2): both mean that the sign-in failed. */
export async function signIn<T>(ask: () => Promise<{ readonly body: T } | null>): Promise<T> {
  try {
    const answer = await ask();
    if (answer === null) throw new UpstreamAuthFailedError('The token endpoint gave no token.');
    return answer.body;
  } catch (error) {
    if (!(error instanceof UpstreamRejectedError)) throw error;
    throw new UpstreamAuthFailedError(error.message, error.details);
  }
}
