import type { Type } from '@nestjs/common';
import { type ValidationError, validateSync } from 'class-validator';
import type { FieldError, InvalidRequestError } from '../domain/errors.ts';
import { invalid } from './mistakes.ts';

/**
 * The JSON body of a request as an instance of its class; without a body, an empty one. `at` is where it stands in the
 * request when it is a part of one.
 * @throws InvalidRequestError naming the members that are wrong, and those that the class does not know
 */
export function bodyOf<T extends object>(body: unknown, target: Type<T>, at = ''): T {
  const plain: unknown = body ?? {};
  if (typeof plain !== 'object' || Array.isArray(plain))
    throw refusal([{ at: at === '' ? 'body' : at, message: 'must be a JSON object' }]);
  // Its members are JSON as it came: class-transformer would copy each of them, in time that grows with their square.
  const instance = Object.assign(new target(), plain);
  const errors = validateSync(instance, {
    whitelist: true,
    forbidNonWhitelisted: true,
    forbidUnknownValues: false,
    stopAtFirstError: true,
  });
  if (errors.length === 0) return instance;
  throw refusal(errors.flatMap((error) => describe(error, at)));
}

function describe(
  { property, constraints, children }: ValidationError,
  above: string,
): FieldError[] {
  const isIndex = /^\d+$/.test(property);
  const at = isIndex ? `${above}[${property}]` : above === '' ? property : `${above}.${property}`;
  const own = Object.entries(constraints ?? {}).map(([rule, message]) => ({
    at,
    message:
      rule === 'whitelistValidation'
        ? 'is not a member that is known here'
        : message.replace(new RegExp(`^(each value in )?${escaped(property)} `), '$1'),
  }));
  return [...own, ...(children ?? []).flatMap((child) => describe(child, at))];
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}

function refusal(errors: readonly FieldError[]): InvalidRequestError {
  return invalid('body', errors, { outcome: 'not_sent' });
}
