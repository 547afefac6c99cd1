import type { FastifyInstance, FastifyReply } from 'fastify';
import { sandboxCredentials } from '../kit/sandbox.ts';

/** The token that the sandbox's own client gets. */
export const issuedToken = 'sandbox-frends-access-token';

const lifetimeS = 3_599;

/** The customer's Entra ID, which a real tenant trusts elsewhere: version 1 by `resource`, version 2 by `scope`. */
export function identityRoutes(app: FastifyInstance): void {
  app.post('/:directory/oauth2/token', (request, reply) => {
    const form = new URLSearchParams(String(request.body));
    const refused = refuse(form, reply);
    if (refused !== null) return refused;
    if (form.get('resource') === null) {
      return say(
        reply,
        400,
        'invalid_request',
        "AADSTS900144: The request body must contain the following parameter: 'resource'.",
      );
    }
    // Version 1 writes its numbers as texts.
    return reply.send({
      token_type: 'Bearer',
      expires_in: String(lifetimeS),
      expires_on: String(Math.floor(Date.now() / 1_000) + lifetimeS),
      resource: form.get('resource'),
      access_token: issuedToken,
    });
  });
  app.post('/:directory/oauth2/v2.0/token', (request, reply) => {
    const form = new URLSearchParams(String(request.body));
    const refused = refuse(form, reply);
    if (refused !== null) return refused;
    if (form.get('scope')?.endsWith('/.default') !== true) {
      return say(
        reply,
        400,
        'invalid_scope',
        'AADSTS1002012: The provided value for scope is not valid. Client credential flows must have a scope value with /.default suffixed to the resource identifier.',
      );
    }
    return reply.send({ token_type: 'Bearer', expires_in: lifetimeS, access_token: issuedToken });
  });
}

function refuse(form: URLSearchParams, reply: FastifyReply): FastifyReply | null {
  const { clientId, clientSecret } = sandboxCredentials;
  if (form.get('grant_type') !== 'client_credentials') {
    return say(
      reply,
      400,
      'unsupported_grant_type',
      'AADSTS70003: The app requested an unsupported grant type.',
    );
  }
  if (form.get('client_id') !== clientId) {
    return say(
      reply,
      400,
      'unauthorized_client',
      'AADSTS700016: Application was not found in the directory.',
    );
  }
  if (form.get('client_secret') === clientSecret) return null;
  return say(reply, 401, 'invalid_client', 'AADSTS7000215: Invalid client secret provided.');
}

function say(
  reply: FastifyReply,
  status: number,
  error: string,
  description: string,
): FastifyReply {
  return reply.code(status).send({ error, error_description: description });
}
