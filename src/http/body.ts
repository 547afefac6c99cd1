import type { Type } from '@nestjs/common';
import { type ValidationError, validateSync } from 'class-validator';
import type { FieldError, InvalidRequestError } from '../domain/errors.ts';
import { invalid } from './mistakes.ts';

const unknownMember = 'is not a member that is known here';

/**
 * The JSON body of a request as an instance of its class; without a body, an empty one. `at` is where it stands in the
 * request when it is a part of one.
 * @throws InvalidRequestError naming the members that are wrong, and those that the class does not know
 */
export function bodyOf<T extends object>(body: unknown, target: Type<T>, at = ''): T {
  const plain: unknown = body ?? {};
  if (typeof plain !== 'object' || plain === null || Array.isArray(plain))
    throw refusal([{ at: at === '' ? 'body' : at, message: 'must be a JSON object' }]);
  // The checks look members up in plain objects, which have these by themselves: they would pass, or mislead them.
  const strange = Object.keys(plain).filter((name) => name in Object.prototype);
  const known = strange.length === 0 ? plain : without(plain, strange);
  // Its members are JSON as it came: class-transformer would copy each of them, in time that grows with their square.
  const instance = Object.assign(new target(), known);
  const errors = validateSync(instance, {
    whitelist: true,
    forbidNonWhitelisted: true,
    forbidUnknownValues: false,
    stopAtFirstError: true,
  });
  if (errors.length === 0 && strange.length === 0) return instance;
  const unknown = strange.map((name) => ({ at: placed(name, at), message: unknownMember }));
  throw refusal([...unknown, ...errors.flatMap((error) => describe(error, at))]);
}

function without(plain: object, names: readonly string[]): object {
  return Object.fromEntries(Object.entries(plain).filter(([name]) => !names.includes(name)));
}

function placed(name: string, above: string): string {
  return above === '' ? name : `${above}.${name}`;
}

function describe(
  { property, constraints, children }: ValidationError,
  above: string,
): FieldError[] {
  const isIndex = /^\d+$/.test(property);
  const at = isIndex ? `${above}[${property}]` : placed(property, above);
  const own = Object.entries(constraints ?? {}).map(([rule, message]) => ({
    at,
    message:
      rule === 'whitelistValidation'
        ? unknownMember
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
