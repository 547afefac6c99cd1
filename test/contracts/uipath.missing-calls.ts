import type { Correction, Parameter, Schema } from '../support/openapi.ts';
import { addedCall } from './corrections.ts';
import { answer, form, guid, inPath, inQuery, json, number, text } from './pieces.ts';

const onOwnHost = [{ url: '/' }];
const functions = 'UiPath.Server.Configuration.OData';

function ref(name: string): Schema {
  return { $ref: `#/components/schemas/${name}` };
}

const folderHeader: Parameter = {
  name: 'X-UIPATH-OrganizationUnitId',
  in: 'header',
  required: true,
  schema: number,
};
const listOptions = ['$expand', '$filter', '$select', '$orderby'].map((name) =>
  inQuery(name, text),
);
const paging = ['$top', '$skip'].map((name) => inQuery(name, { type: 'integer', format: 'int32' }));
const count = inQuery('$count', { type: 'boolean' });

/** Calls that clients of the vendor's own make and the document does not list. */
export const missingCalls: readonly Correction[] = [
  ...['/identity_/connect/token', '/{organization}/identity_/connect/token'].map((path) =>
    addedCall('The identity server has a document of its own.', 'post', path, {
      servers: onOwnHost,
      operation: {
        parameters: path.includes('{') ? [inPath('organization', text)] : [],
        requestBody: form({
          type: 'object',
          required: ['grant_type', 'client_id', 'client_secret'],
          properties: {
            grant_type: { type: 'string', enum: ['client_credentials'] },
            client_id: text,
            client_secret: text,
            scope: text,
          },
        }),
        responses: answer('200', {
          type: 'object',
          required: ['access_token', 'expires_in', 'token_type'],
          properties: { access_token: text, expires_in: number, token_type: text, scope: text },
        }),
      },
    }),
  ),
  addedCall(
    'Own installations only; gone from the document since 20.10, still in use.',
    'post',
    '/api/Account/Authenticate',
    {
      operation: {
        requestBody: json({
          type: 'object',
          required: ['tenancyName', 'usernameOrEmailAddress', 'password'],
          properties: { tenancyName: text, usernameOrEmailAddress: text, password: text },
        }),
        responses: {
          ...answer('200', { type: 'object', required: ['result', 'success'] }),
          ...answer('400', { type: 'object', required: ['error', 'success'] }),
        },
      },
    },
  ),
  addedCall(
    'The list of the web application, used by clients.',
    'get',
    `/odata/Releases/${functions}.ListReleases`,
    {
      operation: {
        parameters: [folderHeader, ...listOptions, ...paging, count],
        responses: answer('200', ref('ODataValueOfIEnumerableOfReleaseDto')),
      },
    },
  ),
  addedCall('Since API version 19.', 'get', `/odata/Releases({key})/${functions}.GetRelease`, {
    operation: {
      parameters: [inPath('key', number), folderHeader, ...listOptions],
      responses: answer('200', ref('ReleaseDto')),
    },
  }),
  addedCall('Since API version 17.', 'post', `/odata/Releases/${functions}.CreateRelease`, {
    operation: {
      parameters: [folderHeader],
      requestBody: json(ref('ReleaseDto')),
      responses: answer('201', ref('ReleaseDto')),
    },
  }),
  addedCall(
    'Both official SDKs read jobs so.',
    'get',
    `/odata/Jobs/${functions}.GetByKey(identifier={identifier})`,
    {
      operation: {
        parameters: [inPath('identifier', guid), folderHeader, ...listOptions],
        responses: answer('200', ref('JobDto')),
      },
    },
  ),
  addedCall(
    'Both official SDKs list the attachments of a job so.',
    'get',
    '/api/JobAttachments/GetByJobKey',
    {
      operation: {
        parameters: [inQuery('jobKey', guid), folderHeader],
        responses: answer('200', {
          type: 'array',
          items: {
            type: 'object',
            required: ['id', 'attachmentId', 'jobKey', 'attachmentName'],
            properties: {
              id: guid,
              attachmentId: guid,
              jobKey: guid,
              category: text,
              attachmentName: text,
              creationTime: { type: 'string', format: 'date-time' },
            },
          },
        }),
      },
    },
  ),
  addedCall('Both official SDKs attach files so.', 'post', '/api/JobAttachments/Post', {
    operation: {
      parameters: [folderHeader],
      requestBody: json({
        type: 'object',
        required: ['attachmentId', 'jobKey'],
        properties: { attachmentId: guid, jobKey: guid, category: text },
      }),
      responses: answer('201', { type: 'object' }),
    },
  }),
  addedCall('Cut from the document at hand, in the whole one.', 'get', '/api/Stats/GetJobsStats', {
    operation: { responses: answer('200', { type: 'array', items: { type: 'object' } }) },
  }),
  addedCall('Since API version 13; its body is documented nowhere.', 'get', '/api/Status/Version', {
    operation: { responses: answer('200', {}) },
  }),
  ...(['get', 'put'] as const).map((method) =>
    addedCall(
      'The storage behind attachments is another service.',
      method,
      '/blobs/attachments/{id}',
      {
        servers: onOwnHost,
        operation: {
          parameters: [
            inPath('id', guid),
            inQuery('sig', text),
            ...(method === 'put'
              ? [{ name: 'x-ms-blob-type', in: 'header', required: true, schema: text } as const]
              : []),
          ],
          ...(method === 'put'
            ? { requestBody: { content: { 'application/octet-stream': {} } } }
            : {}),
          responses:
            method === 'put'
              ? { '201': {} }
              : { '200': { content: { 'application/octet-stream': {} } } },
        },
      },
    ),
  ),
];
