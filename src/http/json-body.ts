import type { FastifyInstance } from 'fastify';
import { jsonFault } from './json-fault.ts';
import { beyondLimits, reservedMember } from './json-limits.ts';
import { invalid } from './mistakes.ts';

/**
 * JSON bodies as Fastify reads them, but that an empty one is none, whatever its type says, that nothing is rounded, and
 * that what is wrong with one is said in our words.
 */
export function readJson(app: FastifyInstance): void {
  const parse = app.getDefaultJsonParser('error', 'error');
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (request, body, done) => {
    if (body.length === 0) {
      done(null, undefined);
      return;
    }
    const text = String(body);
    void parse(request, text, (error, value) => {
      const wrong = error === null ? beyondLimits(text) : (jsonFault(text) ?? reservedMember(text));
      if (wrong === null) done(error, value);
      else done(invalid('body', [wrong], { outcome: 'not_sent' }));
    });
  });
}
