import { hidden, isSecretName } from '../secret-names.ts';

/** What people put before the name of an argument to say its direction: `in_Key`. */
const direction = /^(?:in|out|io)_/i;
const looksLikeJson = /^\s*[[{]/;

/** The input of a release, JSON in a string, without secret values; null for nothing and for what is no JSON. */
export function inputArgumentsOf(text: string | null | undefined): unknown {
  if (text === null || text === undefined || text.trim() === '') return null;
  try {
    return withoutSecrets(text);
  } catch {
    // Studio refuses such arguments, the API does not: they say nothing that could be shown.
    return null;
  }
}

function withoutSecrets(json: string): unknown {
  return JSON.parse(json, (name, value: unknown) => {
    if (isSecretArgument(name)) return hidden(value);
    return typeof value === 'string' ? cleanText(value) : value;
  }) as unknown;
}

function isSecretArgument(name: string): boolean {
  return isSecretName(name.replace(direction, ''));
}

/** An argument may be JSON in a string itself; what looks like it, speaks of secrets and cannot be read is hidden whole. */
function cleanText(text: string): unknown {
  if (!looksLikeJson.test(text)) return text;
  try {
    return JSON.stringify(withoutSecrets(text));
  } catch {
    const names: readonly string[] = text.match(/[\p{L}\d_.-]+/gu) ?? [];
    return names.some(isSecretArgument) ? hidden(text) : text;
  }
}
