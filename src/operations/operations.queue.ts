/** Where accepted operations wait for a worker. */
export const operationsQueue = 'operations';

/** Where the imports of a connection wait for their turn, one after another. */
export function importQueueOf(connection: string): string {
  return `imports.${connection}`;
}
