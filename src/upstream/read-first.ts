import { GatewayError, RecalledError } from '../domain/errors.ts';

/**
 * What is read before a write is asked for. Should that fail, or be refused, nothing of the write has left, and its error
 * says so.
 */
export async function readFirst<T>(read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (!(error instanceof GatewayError) || error.details.sent !== 'maybe') throw error;
    throw new RecalledError(error, error.message, { ...error.details, sent: 'no', cause: error });
  }
}
