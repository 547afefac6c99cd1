import type { Connection } from '../connections/connection.ts';
import { InvalidRequestError, NotFoundError } from '../domain/errors.ts';
import { decodeKey, encodeKey } from '../domain/ids.ts';
import type { RunRecord } from '../domain/run.ts';
import { readTimeoutMs } from '../processes/process-reads.ts';
import { deadline } from '../timing/deadline.ts';

/**
 * The run that a person names by its platform's id, as that stands there or with its connection, as evidence shows it.
 * @throws InvalidRequestError, NotFoundError
 */
export async function shownAs(connection: Connection, said: string): Promise<RunRecord> {
  for (const nativeId of readings(connection.id, keyOf(said))) {
    const signal = deadline(readTimeoutMs(connection));
    const shown = await connection.part('runs').get(nativeId, signal);
    if (shown !== null) return shown;
  }
  const { title } = connection.platform;
  throw new NotFoundError(`${title} shows no run "${said}".`, {
    errors: [{ at: 'nativeId', message: `is no run that ${title} shows` }],
  });
}

/** Whether a person names a run, by what its platform calls it: in whatever case they write that. */
export function isNamed(connection: Connection, said: string, nativeId: string): boolean {
  return readings(connection.id, keyOf(said)).some(
    (each) => each.toLowerCase() === nativeId.toLowerCase(),
  );
}

/** A platform's own id may begin like a connection's. */
function readings(connection: string, key: string): readonly string[] {
  const prefix = `${connection}:`;
  return key.startsWith(prefix) ? [key.slice(prefix.length), key] : [key];
}

function keyOf(said: string): string {
  try {
    return encodeKey(decodeKey(said));
  } catch (cause) {
    throw new InvalidRequestError(`The body is not valid: nativeId has a broken percent-escape.`, {
      outcome: 'not_sent',
      errors: [{ at: 'nativeId', message: 'a percent sign must start an escape of UTF-8, as %20' }],
      cause,
    });
  }
}
