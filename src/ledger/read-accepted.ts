import { GatewayError, StoreUnavailableError } from '../domain/errors.ts';
import type { AcceptedOnce } from './accept-once.ts';

const soonMs = 2_000;

/**
 * What is read of a write that was accepted; as it was accepted where that fails because Redis is away. What fails otherwise
 * has to say that it may go on all the same, with the id as the member `name`.
 */
export async function readAccepted<T>(
  { id, made }: Pick<AcceptedOnce<T>, 'id' | 'made'>,
  name: 'run' | 'operation',
  read: () => Promise<T>,
): Promise<T> {
  try {
    return await read();
  } catch (cause) {
    if (cause instanceof StoreUnavailableError && made !== null) return made;
    if (!(cause instanceof GatewayError)) throw cause;
    throw new StoreUnavailableError(
      `It was accepted as ${id} and goes on; how it stands cannot be read now.`,
      { outcome: 'unknown', retryAfterMs: soonMs, members: { [name]: id }, cause },
    );
  }
}
