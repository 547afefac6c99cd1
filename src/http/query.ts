import { type ArgumentMetadata, Injectable, type PipeTransform, type Type } from '@nestjs/common';
import { plainToInstance, Transform } from 'class-transformer';
import { ApiProperty } from '@nestjs/swagger';
import {
  getMetadataStorage,
  IsBoolean,
  IsInt,
  Max,
  Min,
  ValidateBy,
  type ValidationError,
  validateSync,
} from 'class-validator';
import type { FastifyRequest } from 'fastify';
import { LRUCache } from 'lru-cache';
import type { FieldError } from '../domain/errors.ts';
import { toInstant } from '../domain/instant.ts';
import { invalid } from './mistakes.ts';
import { RawQuery, throwIfRefused } from './raw-query.ts';

const repeatable = new WeakMap<object, Set<string>>();

/** A query parameter that may be repeated; its values are alternatives. */
export function Repeatable(): PropertyDecorator {
  return (target, name) => {
    const names = repeatable.get(target) ?? new Set<string>();
    names.add(String(name));
    repeatable.set(target, names);
  };
}

/** Anything else than a whole number stays text, for the validation to refuse. */
function IntegerText(): PropertyDecorator {
  return Transform(({ value }: { value: unknown }) =>
    typeof value === 'string' && /^-?\d{1,15}$/.test(value) ? Number(value) : value,
  );
}

/** A query parameter that is a whole number within bounds; whatever is wrong with it, it is told both. */
export function WholeNumber(least: number, most: number): PropertyDecorator {
  const message = `must be a whole number from ${least} to ${most}`;
  return (target, name) => {
    for (const check of [IntegerText(), IsInt({ message }), Min(least, { message })])
      check(target, name);
    Max(most, { message })(target, name);
  };
}

/** A query parameter that is as good as left out where it is empty: a page sends its empty fields too. */
export function EmptyIsNone(): PropertyDecorator {
  return Transform(({ value }: { value: unknown }) => (value === '' ? undefined : value));
}

/** A query parameter that is `true` or `false`. */
export function YesOrNo(): PropertyDecorator {
  const read = Transform(({ value }: { value: unknown }) =>
    value === 'true' ? true : value === 'false' ? false : value,
  );
  const check = IsBoolean({ message: 'must be true or false' });
  return (target, name) => {
    read(target, name);
    check(target, name);
  };
}

/** RFC 3339 §5.6, seconds not necessary; of ISO 8601 it leaves out weeks, bare hours and commas. */
const instantPattern = /^\d{4}-\d\d-\d\d[Tt]\d\d:\d\d(:\d\d(\.\d{1,20})?)?([Zz]|[+-]\d\d:\d\d)$/;

const instantRule = 'isInstant';

/** A text that is an instant, of which `toInstant` makes one. */
export function IsInstant(): PropertyDecorator {
  const check = ValidateBy({
    name: instantRule,
    validator: {
      validate: (value: unknown) =>
        typeof value === 'string' && instantPattern.test(value) && toInstant(value) !== null,
      defaultMessage: () => 'must be an instant of RFC 3339, as 2026-01-01T00:00:00Z',
    },
  });
  const { source: pattern } = instantPattern;
  return (target, name) => {
    check(target, name);
    ApiProperty({ type: String, format: 'date-time', pattern })(target, name);
  };
}

const readLater = new WeakSet<object>();

/** A query that its route reads by itself, as it has to look at something else first: see `queryOf`. */
export function ReadByRoute(): ClassDecorator {
  return (target) => void readLater.add(target);
}

const remembered = 2_000;

type QueryClass = Type<object>;

/**
 * Turns a query string into an instance of the parameter's class, or refuses it naming every field that is wrong. Equal
 * query strings are checked once.
 */
@Injectable()
export class QueryPipe implements PipeTransform {
  readonly #known = new Map<QueryClass, LRUCache<string, object>>();

  transform(value: unknown, { type, metatype }: ArgumentMetadata): unknown {
    if (type !== 'query' || !(value instanceof RawQuery) || metatype === undefined) return value;
    if (readLater.has(metatype)) return value;
    return this.#parsed(value, metatype as QueryClass);
  }

  #parsed(value: RawQuery, metatype: QueryClass): object {
    throwIfRefused(value);
    const known = this.#known.get(metatype) ?? new LRUCache<string, object>({ max: remembered });
    this.#known.set(metatype, known);
    const found = known.get(value.text);
    if (found !== undefined) return found;
    const query = parseQuery(value.text, metatype);
    known.set(value.text, query);
    return query;
  }
}

/** The query of a request, read by its route. @throws InvalidRequestError */
export function queryOf<T extends object>({ query }: FastifyRequest, target: Type<T>): T {
  if (!(query instanceof RawQuery)) return parseQuery('', target);
  throwIfRefused(query);
  return parseQuery(query.text, target);
}

/** What a query says of one parameter, whatever else is wrong with it; null where it says nothing, or is empty. */
export function namedInQuery({ query }: FastifyRequest, name: string): string | null {
  const named = new URLSearchParams(query instanceof RawQuery ? query.text : '').get(name);
  return named === '' ? null : named;
}

/** @throws InvalidRequestError */
function parseQuery<T extends object>(text: string, target: Type<T>): T {
  const errors: FieldError[] = [];
  const plain = collect(text, target, errors);
  const query = plainToInstance(target, plain, { exposeDefaultValues: true });
  errors.push(
    ...validateSync(query, { stopAtFirstError: true, forbidUnknownValues: false }).flatMap(
      (error) => describe(error),
    ),
  );
  if (errors.length === 0) return Object.freeze(query);
  throw invalid('query', errors);
}

function collect(
  text: string,
  target: Type,
  errors: FieldError[],
): Record<string, string | string[]> {
  const known = parametersOf(target);
  const repeats = repeatsOf(target);
  const plain: Record<string, string | string[]> = {};
  const search = new URLSearchParams(text);
  for (const name of new Set(search.keys())) {
    const values = search.getAll(name);
    if (!known.includes(name)) {
      const valid = known.length === 0 ? 'this route takes none' : `known are ${known.join(', ')}`;
      errors.push({ at: name, message: `is not a parameter of this route (${valid})` });
    } else if (repeats.has(name)) plain[name] = values;
    else if (values.length > 1) errors.push({ at: name, message: 'must not be repeated' });
    else plain[name] = values[0] ?? '';
  }
  return plain;
}

/** The names that the class or one it extends lets repeat. */
function repeatsOf(target: Type): Set<string> {
  const names = new Set<string>();
  for (
    let at: unknown = target.prototype;
    typeof at === 'object' && at !== null;
    at = Object.getPrototypeOf(at)
  ) {
    for (const name of repeatable.get(at) ?? []) names.add(name);
  }
  return names;
}

function parametersOf(target: Type): string[] {
  const all = getMetadataStorage().getTargetValidationMetadatas(target, '', false, false);
  return [...new Set(all.map((metadata) => metadata.propertyName))];
}

function describe({ property, constraints, value }: ValidationError): FieldError[] {
  return Object.entries(constraints ?? {}).map(([rule, message]) => {
    const said = message.replace(new RegExp(`^(each value in )?${property} `), '$1');
    return { at: property, message: rule === instantRule ? `${said}${plusHint(value)}` : said };
  });
}

/** A `+` in a query means a space. */
function plusHint(value: unknown): string {
  return String(value).includes(' ') ? '; in a URL, + has to be written as %2B' : '';
}
