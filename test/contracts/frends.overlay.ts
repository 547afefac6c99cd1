import type { Answer, Content, Operation, Overlay, Schema } from '../support/openapi.ts';
import { addedAnswers, addedCall, correction } from './corrections.ts';
import { answer, form, guid, inPath, inQuery, json, number, text } from './pieces.ts';

const problem: Content = {
  'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } },
};

/** An answer in the platform's envelope. */
function enveloped(data: Schema): Operation['responses'] {
  return answer('200', { type: 'object', required: ['data'], properties: { data } });
}

const refusedToken: Answer = {
  content: { 'application/json': { schema: { type: 'object', required: ['error'] } } },
};

/** The customer's identity provider; `by` is what the version wants beside the client. */
function tokenEndpoint(by: string): Partial<Operation> {
  return {
    parameters: [inPath('directory', text)],
    requestBody: form({
      type: 'object',
      required: ['grant_type', 'client_id', 'client_secret', by],
    }),
    responses: {
      ...answer('200', { type: 'object', required: ['access_token', 'expires_in'] }),
      // RFC 6749 §5.2
      '400': refusedToken,
      '401': refusedToken,
    },
  };
}

const tagChange: Partial<Operation> = {
  requestBody: json({
    type: 'object',
    properties: {
      elementType: text,
      elementGuids: { type: 'array', items: guid },
      tags: { type: 'array', items: text },
    },
  }),
  responses: { '204': {} },
};
const tags = 'The calls of tags are documented on a page of their own.';
const places = 'Single places are documented on a page of their own.';
const runs = 'Counts and acknowledgements are documented on a page of their own.';
const agentGroupId = inPath('agentGroupId', number);

/** What the reconstructed document of the Frends Platform API leaves out. */
export const frendsOverlay: Overlay = {
  variable: 'FRENDS_OPENAPI',
  ownHeaders: null,
  corrections: [
    addedCall('The identity provider is another service.', 'post', '/{directory}/oauth2/token', {
      servers: [{ url: '/' }],
      operation: tokenEndpoint('resource'),
    }),
    addedCall(
      'The identity provider is another service.',
      'post',
      '/{directory}/oauth2/v2.0/token',
      { servers: [{ url: '/' }], operation: tokenEndpoint('scope') },
    ),
    addedCall('A tenant describes itself beside its API.', 'get', '/v1.0/swagger.json', {
      operation: { responses: answer('200', { type: 'object', required: ['info', 'paths'] }) },
    }),
    addedCall('Step data lies behind links, not in the API.', 'get', '/step-data/{file}', {
      operation: {
        parameters: [
          inPath('file', text),
          ...['sv', 'sr', 'sig'].map((name) => inQuery(name, text)),
        ],
        responses: answer('200', { type: 'array', items: { type: 'object' } }),
      },
    }),
    addedCall(tags, 'get', '/api/v1/tags', {
      operation: {
        parameters: [inQuery('elementIdentifiers', { type: 'array', items: guid })],
        responses: enveloped({
          type: 'object',
          additionalProperties: { type: 'array', items: text },
        }),
      },
    }),
    addedCall(tags, 'patch', '/api/v1/tags', { operation: tagChange }),
    addedCall(tags, 'put', '/api/v1/tags', { operation: tagChange }),
    addedCall(tags, 'delete', '/api/v1/tags', { operation: tagChange }),
    addedCall(tags, 'get', '/api/v1/tags/{elementType}', {
      operation: {
        parameters: [inPath('elementType', text)],
        responses: enveloped({ type: 'array', items: text }),
      },
    }),
    addedCall(places, 'get', '/api/v1/environments/{environmentId}', {
      operation: {
        parameters: [inPath('environmentId', number)],
        responses: enveloped({ type: 'object', required: ['id', 'displayName'] }),
      },
    }),
    addedCall(places, 'get', '/api/v1/agent-groups/{agentGroupId}', {
      operation: {
        parameters: [agentGroupId],
        responses: enveloped({ $ref: '#/components/schemas/AgentGroup' }),
      },
    }),
    addedCall(runs, 'get', '/api/v1/instances/counts/{agentGroupId}', {
      operation: {
        parameters: [
          agentGroupId,
          inQuery('ProcessUniqueIdentifiers', { type: 'array', items: guid }),
          inQuery('StartTime', { type: 'string', format: 'date-time' }),
          inQuery('EndTime', { type: 'string', format: 'date-time' }),
        ],
        responses: enveloped({ type: 'array', items: { type: 'object' } }),
      },
    }),
    addedCall(runs, 'post', '/api/v1/instances/{agentGroupId}/{processGuid}/acknowledge', {
      operation: {
        parameters: [agentGroupId, inPath('processGuid', guid)],
        requestBody: json({
          type: 'object',
          required: ['reason', 'instanceIds'],
          properties: { reason: text, instanceIds: { type: 'array', items: number } },
        }),
        responses: { '200': {} },
      },
    }),
    addedAnswers(
      'Problem details are documented where they were seen; 401 has no body, nor has the 404 of a call that an older tenant lacks.',
      { '400': { content: problem }, '401': {}, '404': { content: { ...problem, '': {} } } },
    ),
    correction(
      'A file is told to be a text, and is JSON behind a byte order mark.',
      'answers',
      (document) => {
        const files = Object.entries(document.paths).filter(([path]) => path.endsWith('export'));
        for (const [, { get }] of files)
          if (get !== undefined) get.responses['200'] = { content: { 'application/json': {} } };
      },
    ),
    correction('Links of a page are null at either end of a list.', 'answers', (document) => {
      const link = document.components?.schemas?.['Link'];
      if (link !== undefined) link.nullable = true;
    }),
  ],
};
