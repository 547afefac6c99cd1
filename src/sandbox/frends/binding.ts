import type { FastifyRequest } from 'fastify';
import { queryOf } from '../kit/request.ts';
import { invalid } from './fault.ts';

const guidPattern = /^[\da-f]{8}-(?:[\da-f]{4}-){3}[\da-f]{12}$/i;

/** A whole number of a path, as the platform's routes take it. */
export function pathNumber(name: string, value: string): number {
  const number = Number(value);
  if (/^-?\d{1,19}$/.test(value) && BigInt.asIntN(64, BigInt(value)) === BigInt(value))
    return number;
  throw invalid({ [name]: [`The value '${value}' is not valid.`] });
}

/** A GUID of a path, in lower case. */
export function pathGuid(name: string, value: string): string {
  if (guidPattern.test(value)) return value.toLowerCase();
  throw invalid({ [name]: [`The value '${value}' is not valid.`] });
}

/** A query as ASP.NET binds it: names in any case, every refused parameter named at once. */
export class Binding {
  readonly #entries: readonly (readonly [string, string])[];
  readonly #errors: Record<string, string[]> = {};

  constructor(request: FastifyRequest) {
    this.#entries = [...queryOf(request)].map(([name, value]) => [name.toLowerCase(), value]);
  }

  texts(name: string): string[] {
    return this.#entries.filter(([each]) => each === name.toLowerCase()).map(([, value]) => value);
  }

  text(name: string): string | null {
    return this.texts(name)[0] ?? null;
  }

  number(name: string, fallback: number, low: number, high: number): number {
    const text = this.text(name) ?? this.text(`pagingQuery.${name}`);
    if (text === null) return fallback;
    const number = Number(text);
    if (!/^-?\d+$/.test(text)) return this.#refuse(name, `The value '${text}' is not valid.`, low);
    if (number >= low && number <= high) return number;
    return this.#refuse(name, `The field ${name} must be between ${low} and ${high}.`, low);
  }

  flag(name: string): boolean | null {
    const text = this.text(name)?.toLowerCase() ?? null;
    if (text === null) return null;
    if (text === 'true' || text === 'false') return text === 'true';
    return this.#refuse(name, `The value '${text}' is not valid.`, null);
  }

  guids(name: string): string[] {
    return this.texts(name).map((text) =>
      guidPattern.test(text)
        ? text.toLowerCase()
        : this.#refuse(name, `The value '${text}' is not valid.`, ''),
    );
  }

  guid(name: string): string | null {
    return this.guids(name)[0] ?? null;
  }

  /** Milliseconds since 1970. */
  instant(name: string): number | null {
    const text = this.text(name);
    if (text === null) return null;
    const ms = Date.parse(text);
    return Number.isNaN(ms) ? this.#refuse(name, `The value '${text}' is not valid.`, null) : ms;
  }

  oneOf<T extends string>(name: string, values: readonly T[], fallback: T): T {
    const text = this.text(name);
    if (text === null) return fallback;
    const found = values.find((value) => value === text);
    return found ?? this.#refuse(name, `The value '${text}' is not valid.`, fallback);
  }

  /** Throws when something was refused. */
  done(): void {
    if (Object.keys(this.#errors).length > 0) throw invalid(this.#errors);
  }

  #refuse<T>(name: string, message: string, instead: T): T {
    (this.#errors[name] ??= []).push(message);
    return instead;
  }
}
