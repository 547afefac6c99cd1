import { isUtf8 } from 'node:buffer';
import type { FastifyInstance } from 'fastify';
import type { FieldError } from '../domain/errors.ts';
import {
  beyondLimits,
  halfSurrogate,
  repeatedMember,
  reservedMember,
} from '../domain/json-limits.ts';
import { jsonFault } from './json-fault.ts';
import { invalid } from './mistakes.ts';

/**
 * JSON bodies as Fastify reads them, but that an empty one is none, whatever its type says, that nothing is rounded,
 * dropped or replaced, and that what is wrong with one is said in our words.
 */
export function readJson(app: FastifyInstance): void {
  const parse = app.getDefaultJsonParser('error', 'error');
  // A page's fetch calls JSON text; read as that, it would be refused for what it is not.
  app.removeContentTypeParser('text/plain');
  app.addContentTypeParser<Buffer>(
    'application/json',
    { parseAs: 'buffer' },
    (request, body, done) => {
      if (body.length === 0) {
        done(null, undefined);
        return;
      }
      const refuse = (wrong: FieldError): void => {
        done(invalid('body', [wrong], { outcome: 'not_sent' }));
      };
      // What decodes it would put U+FFFD in place of other bytes.
      if (!isUtf8(body)) {
        refuse({ at: 'body', message: 'must be UTF-8' });
        return;
      }
      const text = String(body);
      void parse(request, text, (error, value) => {
        const wrong =
          error === null ? lossIn(text, value) : (jsonFault(text) ?? reservedMember(text));
        if (wrong === null) done(error, value);
        else refuse(wrong);
      });
    },
  );
}

/** What would be passed on as something else of a text that has been parsed. */
function lossIn(text: string, value: unknown): FieldError | null {
  // Every body here is an object; null would be taken for none.
  if (value === null) return { at: 'body', message: 'must be a JSON object' };
  return beyondLimits(text) ?? halfSurrogate(text) ?? repeatedMember(text, value);
}
