import type { ApiOperationOptions } from '@nestjs/swagger';
import { shown } from '../../platforms/examples.ts';

const { id: process, connection, piece: archive } = shown('archive');

const file = (mediaType: string, description: string): object => ({
  type: 'string',
  format: 'binary',
  contentMediaType: mediaType,
  description,
});

/** Swagger UI fills in every text: as it does, it can be sent without choosing a file. */
const form = {
  type: 'object',
  properties: {
    process: {
      type: 'string',
      description:
        'Id of the process that is started, or in whose place an archive is. It or `connection` has to be given.',
      example: process,
    },
    connection: {
      type: 'string',
      description:
        'The connection on which an archive is started that belongs to no process; with one, its own.',
      example: connection,
    },
    entryPoint: {
      type: 'string',
      description: 'Where it begins; left to the archive or the process when left out.',
      example: archive?.entryPoint,
    },
    request: {
      type: 'object',
      additionalProperties: true,
      description: 'Configuration of the run as JSON, in the words of its platform.',
      example: archive?.request,
    },
    archive: file('application/zip', 'A ZIP with what is to be run.'),
  },
  additionalProperties: {
    description:
      'A part with a file name is a file for the run, whatever type it has; one without is a text parameter, whose name may nest by dots, as `arguments.message`. The words of `POST /v1/processes/{id}/runs` (`input`, `version`, `deployment`, `labels`, `scheduleAt`, `options`) are none of either, and 400: this start begins at once.',
    anyOf: [{ type: 'string' }, file('application/octet-stream', 'A file.')],
  },
};

const zip = file(
  'application/zip',
  'The archive by itself; `process` or `connection` is in the query.',
);

/** Documents the body of a start with files: two media types with a schema each. */
export const startFilesBody = {
  required: true,
  content: {
    'multipart/form-data': {
      schema: form,
      encoding: { request: { contentType: 'application/json' } },
    },
    'application/zip': { schema: zip },
    'application/octet-stream': { schema: zip },
  },
} as NonNullable<ApiOperationOptions['requestBody']>;
