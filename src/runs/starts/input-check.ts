import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js';
import { LRUCache } from 'lru-cache';
import { InvalidInputError } from '../../domain/errors.ts';
import type { Native } from '../../domain/native.ts';

const options = { allErrors: true, strict: false, validateFormats: false } as const;
const kept = 500;

/** Checks the input of runs against the schema of their process (JSON Schema 2020-12). */
export class InputCheck {
  readonly #reader = new Ajv2020(options);
  readonly #checks = new LRUCache<string, ValidateFunction>({ max: kept });

  /**
   * A schema that cannot be read checks nothing: the platform has the last word.
   * @throws InvalidInputError naming every member that is wrong
   */
  against(schema: Native | null, input: Native): void {
    if (schema === null) return;
    const check = this.#checkOf(schema);
    if (check === null || check(input)) return;
    const errors = (check.errors ?? []).map(toField);
    throw new InvalidInputError(
      `The input does not fit the process: ${errors.map(({ at, message }) => `${at} ${message}`).join('; ')}.`,
      { outcome: 'not_sent', errors },
    );
  }

  #checkOf(schema: Native): ValidateFunction | null {
    const text = JSON.stringify(schema);
    const known = this.#checks.get(text);
    if (known !== undefined) return known;
    try {
      if (this.#reader.validateSchema(schema) !== true) return null;
      // A compiler of its own, because one for all would keep every schema that it has ever seen.
      const made = new Ajv2020({ ...options, meta: false, validateSchema: false }).compile(schema);
      this.#checks.set(text, made);
      return made;
    } catch {
      return null;
    }
  }
}

function toField({ instancePath, keyword, params, message }: ErrorObject): {
  at: string;
  message: string;
} {
  const place = instancePath
    .split('/')
    .slice(1)
    .map((part) =>
      /^\d+$/.test(part) ? `[${part}]` : `.${part.replaceAll('~1', '/').replaceAll('~0', '~')}`,
    )
    .join('');
  const { missingProperty, additionalProperty } = params as Record<string, unknown>;
  const member =
    keyword === 'required'
      ? missingProperty
      : keyword === 'additionalProperties'
        ? additionalProperty
        : null;
  const at = `input${place}${typeof member === 'string' ? `.${member}` : ''}`;
  if (keyword === 'required') return { at, message: 'is required' };
  if (keyword === 'additionalProperties') return { at, message: 'is not an input of the process' };
  return { at, message: message ?? 'is not valid' };
}
