import type { FastifyInstance, FastifyRequest } from 'fastify';
import { sandboxCredentials } from '../kit/sandbox.ts';
import { UipathFault } from './fault.ts';
import type { Endpoint } from './router.ts';

/** The tenant that a user of an own installation signs in to. */
const tenancyName = 'Production';

const lifetimeSeconds = 3_600;
const sessionToken = 'sandbox-uipath-session';
/** Of an application: what it was given stands in the token, so that a restart forgets none. */
const applicationToken = 'sandbox-uipath-app.';
const grantable = [
  'OR.Default',
  ...['OR.Execution', 'OR.Jobs', 'OR.Monitoring', 'OR.Folders', 'OR.Webhooks'].flatMap((scope) => [
    scope,
    `${scope}.Read`,
    `${scope}.Write`,
  ]),
];

/** The identity server's token endpoint, and the sign-in with a password of own installations. */
export function signInRoutes(app: FastifyInstance): void {
  for (const url of ['/identity_/connect/token', '/acme/identity_/connect/token']) {
    app.post(url, async (request, reply) => {
      const form = new URLSearchParams(String(request.body));
      const refusal = refusalOf(form);
      if (refusal !== null) return reply.code(400).send(refusal);
      const scope = form.get('scope') ?? 'OR.Default';
      const token = `${applicationToken}${Buffer.from(scope).toString('base64url')}`;
      return { access_token: token, expires_in: lifetimeSeconds, token_type: 'Bearer', scope };
    });
  }
  app.post('/api/Account/Authenticate', async (request, reply) => {
    const { user, password } = sandboxCredentials;
    const known = JSON.stringify([tenancyName, user, password]) === JSON.stringify(given(request));
    const answer = known
      ? { result: sessionToken, success: true, error: null }
      : { result: null, success: false, error: { code: 0, message: 'Invalid credentials.' } };
    return reply
      .code(known ? 200 : 400)
      .send({ ...answer, targetUrl: null, unAuthorizedRequest: false, __abp: true });
  });
}

function refusalOf(form: URLSearchParams): Record<string, string> | null {
  if (form.get('grant_type') !== 'client_credentials') return { error: 'unsupported_grant_type' };
  const known =
    form.get('client_id') === sandboxCredentials.clientId &&
    form.get('client_secret') === sandboxCredentials.clientSecret;
  if (!known) return { error: 'invalid_client' };
  const scopes = (form.get('scope') ?? 'OR.Default').split(' ');
  return scopes.every((scope) => grantable.includes(scope)) ? null : { error: 'invalid_scope' };
}

function given(request: FastifyRequest): unknown[] {
  const body = JSON.parse(String(request.body)) as Record<string, unknown>;
  return [body['tenancyName'], body['usernameOrEmailAddress'], body['password']];
}

/**
 * Lets a request through whose token may make this call.
 * @throws UipathFault without a body for 401, as the platform answers it
 */
export function authorize(request: FastifyRequest, endpoint: Endpoint): void {
  if (endpoint.scope === null) return;
  const token = /^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1] ?? '';
  const tenant = request.headers['x-uipath-tenantname'] ?? tenancyName;
  if (tenant !== tenancyName) throw new UipathFault(401, null, 'unknown tenant');
  // A person's token may do what the person may: in the sandbox, everything.
  if (token === sandboxCredentials.token || token === sessionToken) return;
  if (!token.startsWith(applicationToken)) throw new UipathFault(401, null, 'no valid token');
  const text = Buffer.from(token.slice(applicationToken.length), 'base64url').toString();
  const half = endpoint.method === 'GET' ? 'Read' : 'Write';
  const enough = ['OR.Default', endpoint.scope, `${endpoint.scope}.${half}`];
  if (!text.split(' ').some((scope) => enough.includes(scope)))
    throw new UipathFault(403, 0, 'You are not authorized!');
}
