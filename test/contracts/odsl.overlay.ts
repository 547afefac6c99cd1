import type { Overlay } from '../support/openapi.ts';
import { addedCall, correction, nullsAllowed } from './corrections.ts';
import { eachOperation } from '../support/openapi.ts';

const text = { type: 'string' } as const;

/** What the reconstructed document of OpenDataDSL leaves out. */
export const odslOverlay: Overlay = {
  variable: 'ODSL_OPENAPI',
  ownHeaders: null,
  corrections: [
    addedCall('The identity provider is another service.', 'post', '/{tenant}/oauth2/v2.0/token', {
      servers: [{ url: '/' }],
      operation: {
        parameters: [{ name: 'tenant', in: 'path', required: true, schema: text }],
        requestBody: {
          required: true,
          content: {
            'application/x-www-form-urlencoded': {
              schema: {
                type: 'object',
                required: ['grant_type', 'client_id', 'client_secret'],
                properties: { grant_type: { type: 'string', enum: ['client_credentials'] } },
              },
            },
          },
        },
        responses: {
          '200': {
            content: {
              'application/json': {
                schema: { type: 'object', required: ['access_token', 'expires_in'] },
              },
            },
          },
        },
      },
    }),
    addedCall('The audit service is documented elsewhere.', 'get', '/audit/v1/private', {
      operation: {
        parameters: ['service', 'id', '_limit', '_skip', '_sort'].map((name) => ({
          name,
          in: 'query',
          schema: text,
        })),
        responses: {
          '200': {
            content: {
              'application/json': { schema: { type: 'array', items: { type: 'object' } } },
            },
          },
        },
      },
    }),
    correction(
      'What writes answer is documented nowhere; clients read JSON there.',
      'answers',
      (document) => {
        eachOperation(document, ({ responses }) => {
          const done = responses['200'];
          if (done !== undefined) done.content ??= { 'application/json': {} };
        });
      },
    ),
    nullsAllowed('No page says whether a member may be null.'),
  ],
};
