import { shown } from '../platforms/examples.ts';

const { id: process, connection, key } = shown('answersEveryRoute');

/** The operation that answers show: it has deleted a version. */
export const exampleOperation = {
  id: 'op-01979f3a-6c1e-7b20-8f3d-2a9c51d0e7b4',
  kind: 'delete_version',
  connection,
  process,
  key,
  version: '1.0.0',
} as const;
