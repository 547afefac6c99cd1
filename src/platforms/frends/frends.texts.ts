import type { FieldError } from '../../domain/errors.ts';
import type { Native } from '../../domain/native.ts';

/** Values as the platform takes them, and what cannot be written as a text. */
export interface Texts {
  readonly texts: Readonly<Record<string, string>>;
  readonly errors: readonly FieldError[];
}

/** Values are texts there; what is not, and has one way only to be written as such, becomes one. `at` names the whole. */
export function textsOf(values: Native, at: string): Texts {
  const errors: FieldError[] = [];
  const entries = Object.entries(values).map(([name, value]) => {
    if (typeof value === 'string') return [name, value] as const;
    if (typeof value === 'number' || typeof value === 'boolean')
      return [name, String(value)] as const;
    errors.push({ at: `${at}.${name}`, message: 'must be a text, a number, true or false' });
    return [name, ''] as const;
  });
  return { texts: Object.fromEntries(entries), errors };
}
