import { UpstreamAuthFailedError } from '../../domain/errors.ts';
import type { Authenticator } from '../../upstream/authenticator.ts';
import { signIn } from '../../upstream/standard-auth.ts';
import { type Token, TokenAuthenticator } from '../../upstream/token.ts';
import type { UpstreamClient } from '../../upstream/upstream-client.ts';
import { presentable } from '../../upstream/upstream-failure.ts';
import type { PasswordAuth } from './uipath.config.ts';
import { signInWire } from './uipath.wire.ts';

/** The platform does not say how long a session lasts; a 401 renews it sooner. */
const assumedLifetimeMs = 30 * 60_000;

/** Signs in with a user's password, as own installations allow. `client` asks without a credential. */
export function passwordAuth(auth: PasswordAuth, client: UpstreamClient): Authenticator {
  const fetch = async (signal: AbortSignal): Promise<Token> => {
    const { success, result, error } = await signIn(() =>
      client.json(signInWire, {
        method: 'POST',
        path: '/api/Account/Authenticate',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({
          tenancyName: auth.tenancyName,
          usernameOrEmailAddress: auth.user,
          password: auth.password.reveal(),
        }),
        repeatable: true,
        signal,
      }),
    );
    if (success === false || result === null || result === undefined || result === '') {
      const { connection, platform, title } = client.name;
      const said = presentable(error?.message, [auth.password.reveal()]);
      throw new UpstreamAuthFailedError(
        `${title} (${connection}) refused the sign-in of "${auth.user}".${said === null ? '' : ` It says: ${said}`}`,
        { connection, platform },
      );
    }
    return { value: result, lifetimeMs: assumedLifetimeMs };
  };
  return new TokenAuthenticator(fetch, () => [auth.password.reveal()]);
}
