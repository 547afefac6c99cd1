import {
  type Correction,
  eachOperation,
  type Overlay,
  type Parameter,
  type Schema,
} from '../support/openapi.ts';
import {
  addedAnswers,
  addedMembers,
  closedObjects,
  correction,
  nullsAllowed,
  openEnums,
} from './corrections.ts';
import { missingCalls } from './uipath.missing-calls.ts';

const folderId = 'X-UIPATH-OrganizationUnitId';
const otherFolderHeaders: readonly Parameter[] = [
  { name: 'X-UIPATH-FolderKey', in: 'header', schema: { type: 'string', format: 'uuid' } },
  { name: 'X-UIPATH-FolderPath', in: 'header', schema: { type: 'string' } },
  {
    name: 'X-UIPATH-FolderPath-Encoded',
    in: 'header',
    schema: { type: 'string', format: 'byte' },
  },
];
const text: Schema = { type: 'string' };
const guid: Schema = { type: 'string', format: 'uuid' };

/** Members that official clients use and the document does not list. */
const missingMembers: readonly Correction[] = [
  addedMembers('Where the bytes are, read by both official SDKs.', 'answers', 'AttachmentDto', {
    BlobFileAccess: { type: 'object' },
  }),
  addedMembers('Sent by the official Python SDK.', 'requests', 'AttachmentDto', {
    JobKey: guid,
    AttachmentCategory: text,
  }),
  addedMembers('Sent by the official TypeScript SDK.', 'requests', 'ResumeJobRequest', {
    inputArguments: text,
  }),
];

/** What the document of UiPath Orchestrator (UiPath.WebApi 20.0) gets wrong or leaves out. */
export const uipathOverlay: Overlay = {
  variable: 'UIPATH_OPENAPI',
  ownHeaders: 'x-uipath-',
  corrections: [
    ...missingCalls,
    ...missingMembers,
    addedAnswers('The document has no errors; these are their forms.', {
      '401': {},
      '4XX': {
        content: {
          'application/json': {
            schema: {
              type: 'object',
              properties: {
                message: text,
                errorCode: { type: 'integer' },
                traceId: text,
                resourceIds: { type: 'array' },
                error: text,
              },
            },
          },
        },
      },
    }),
    correction('Own installations answer at the root of their host.', 'both', (document) => {
      document.servers = [...(document.servers ?? []), { url: '/' }];
    }),
    correction(
      'The document demands the numeric folder header; a key or a path names the folder as well.',
      'both',
      (document) => {
        eachOperation(document, (operation) => {
          const declared = operation.parameters?.find(({ name }) => name === folderId);
          if (declared === undefined) return;
          declared.required = false;
          operation.parameters?.push(...structuredClone(otherFolderHeaders));
          operation['x-one-of-headers'] = [folderId, ...otherFolderHeaders.map(({ name }) => name)];
        });
      },
    ),
    correction('Own installations tell tenants apart by a header.', 'both', (document) => {
      eachOperation(document, (operation) => {
        const tenant: Parameter = { name: 'X-UIPATH-TenantName', in: 'header', schema: text };
        operation.parameters = [...(operation.parameters ?? []), tenant];
      });
    }),
    correction(
      'A PATCH leaves out what it does not change, yet shares its schema with PUT.',
      'requests',
      (document) => {
        eachOperation(document, ({ requestBody }, method) => {
          const body = requestBody?.content['application/json'];
          const name = body?.schema?.$ref?.split('/').at(-1);
          if (method !== 'patch' || body === undefined || name === undefined) return;
          const whole = document.components?.schemas?.[name];
          body.schema = { ...structuredClone(whole), required: [] };
        });
      },
    ),
    correction('With $select a row has only what was asked for.', 'answers', (document) => {
      for (const name of ['ReleaseDto', 'FolderDto', 'AttachmentDto'])
        delete document.components?.schemas?.[name]?.required;
    }),
    nullsAllowed('The document declares nothing nullable; the service sends nulls everywhere.'),
    openEnums('New words come with every release before the document has them.'),
    closedObjects(
      'Nobody sends what the document does not name; old builds refuse it. OData adds annotations.',
      '^@odata\\.',
    ),
  ],
};
