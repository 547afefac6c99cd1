import type { Overlay } from '../support/openapi.ts';
import { addedAnswers, addedCall, correction, nullsAllowed } from './corrections.ts';
import { eachOperation } from '../support/openapi.ts';
import { answer, form, inPath, inQuery, text } from './pieces.ts';

/** What the reconstructed document of OpenDataDSL leaves out. */
export const odslOverlay: Overlay = {
  variable: 'ODSL_OPENAPI',
  ownHeaders: null,
  corrections: [
    addedCall('The identity provider is another service.', 'post', '/{tenant}/oauth2/v2.0/token', {
      servers: [{ url: '/' }],
      operation: {
        parameters: [inPath('tenant', text)],
        requestBody: form({
          type: 'object',
          required: ['grant_type', 'client_id', 'client_secret'],
          properties: { grant_type: { type: 'string', enum: ['client_credentials'] } },
        }),
        responses: {
          ...answer('200', { type: 'object', required: ['access_token', 'expires_in'] }),
          // RFC 6749 §5.2
          ...answer('401', { type: 'object', required: ['error'] }),
        },
      },
    }),
    addedCall('The audit service is documented elsewhere.', 'get', '/audit/v1/private', {
      operation: {
        parameters: ['service', 'id', '_limit', '_skip', '_sort'].map((name) =>
          inQuery(name, text),
        ),
        responses: answer('200', { type: 'array', items: { type: 'object' } }),
      },
    }),
    addedAnswers('Errors are in a header; the body is documented nowhere, and empty here.', {
      '4XX': {},
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
