/** Where accepted operations wait for a worker. */
export const operationsQueue = 'operations';

/** The queue that accepted operations go into. */
export const OPERATIONS_QUEUE = Symbol('operations queue');
