import type { FastifyRequest } from 'fastify';
import { invalid } from './fault.ts';

/** The body of a request as a JSON object. */
export function bodyOf(request: FastifyRequest): Readonly<Record<string, unknown>> {
  const text = Buffer.isBuffer(request.body) ? request.body.toString('utf8') : '';
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
      return value as Readonly<Record<string, unknown>>;
    }
  } catch {
    // Said below, as for any other body that is no object.
  }
  throw invalid({ $: ['The JSON value could not be converted.'] });
}
