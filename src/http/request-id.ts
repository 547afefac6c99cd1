import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

const allowed = /^[A-Za-z0-9._-]{1,128}$/;

/** The caller's `X-Request-Id` where it is a sane one, else a new UUID. */
export function requestIdOf({ headers }: Pick<IncomingMessage, 'headers'>): string {
  const given = headers['x-request-id'];
  return typeof given === 'string' && allowed.test(given) ? given : randomUUID();
}
