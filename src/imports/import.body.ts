import type { ApiOperationOptions } from '@nestjs/swagger';
import { conflictModes } from '../domain/import.ts';
import { mostKeptBytes } from '../operations/most-kept.ts';
import { allShown, shown } from '../platforms/examples.ts';

const { connection } = shown('definition');

/** Swagger UI fills in every text: as it does, a file is all that has to be chosen, and nothing is changed. */
const form = {
  type: 'object',
  required: ['file', 'connection'],
  properties: {
    connection: {
      type: 'string',
      description: 'The connection that it is brought into.',
      example: connection,
    },
    onConflict: {
      type: 'string',
      enum: [...conflictModes],
      default: 'error',
      description:
        'What becomes of what stands there already: `error`: nothing is imported; `use-existing`: it is kept; `new-version`: the file becomes its newest version; `new-active`, `new-inactive`: a further process is made, its triggers on or off. 501 for those that the platform cannot do.',
      example: 'error',
    },
    validateOnly: {
      type: 'string',
      enum: ['true', 'false'],
      description:
        '`true`: does nothing, and answers 200 with what it would do, and a `planToken`. Filled in here, so that trying changes nothing by accident.',
      example: 'true',
    },
    version: {
      type: 'string',
      description: 'The version that the file is said to be: another one in it is 422.',
      // Swagger UI would fill in one of its own.
      example: '',
    },
    file: {
      type: 'string',
      format: 'binary',
      contentMediaType: 'application/octet-stream',
      description: [
        'What the platform imports: its own kind of file, as `…/package` gives it. `files.maxBytes` of the gateway at most (300 MB unless configured otherwise): what is larger is 413, and what holds too much is 422.',
        `${mostKeptBytes / 1_024 ** 2} MiB of names and the like are kept of it at most.`,
        ...allShown('fileNote'),
      ].join(' '),
    },
  },
  additionalProperties: false,
};

/** Documents the body of an import. */
export const importBody = {
  required: true,
  content: { 'multipart/form-data': { schema: form } },
} as NonNullable<ApiOperationOptions['requestBody']>;
