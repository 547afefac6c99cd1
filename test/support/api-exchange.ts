import type { Exchange } from '../../src/sandbox/kit/sandbox.ts';

/** The type without its parameters; empty where there is none. */
export function mediaType(header: string | undefined): string {
  return (header ?? '').split(';')[0]?.trim().toLowerCase() ?? '';
}

/** The text as JSON; undefined for what is none, which no schema allows. */
export function json(text: string | null): unknown {
  try {
    return JSON.parse(text ?? '') as unknown;
  } catch {
    return undefined;
  }
}

/** Why a body cannot be what the operation takes; null when it can, as far as its type says. */
export function contentProblem(
  { requestBody, requestHeaders }: Exchange,
  content: Record<string, unknown> | undefined,
): string | null {
  const empty = requestBody === null || requestBody.length === 0;
  if (content === undefined) return empty ? null : 'the call takes no body';
  if (empty) return null;
  const type = mediaType(requestHeaders['content-type']);
  return Object.keys(content).includes(type) ? null : `the call takes no ${type || 'untyped body'}`;
}

/** The body as a schema can look at it: JSON as text, forms as an object of their fields. */
export function bodyOf({ requestBody, requestHeaders }: Exchange): string | object | undefined {
  if (requestBody === null || requestBody.length === 0) return undefined;
  const type = mediaType(requestHeaders['content-type']);
  if (type === 'application/x-www-form-urlencoded')
    return Object.fromEntries(new URLSearchParams(requestBody.toString()));
  if (type !== 'multipart/form-data') return requestBody.toString();
  const parts = requestBody
    .toString('latin1')
    .matchAll(
      /^content-disposition: form-data; name="([^"]*)"(; filename=[^\r\n]*)?\r\n(?:[^\r\n]+\r\n)*\r\n([^\r\n]*)/gim,
    );
  // What a file holds is nothing that a schema could look at.
  return Object.fromEntries(
    [...parts].map(([, name = '', file, text = '']) => [name, file === undefined ? text : '']),
  );
}

/** Repeated parameters as lists: the validator's own parser takes more than twenty of one name for something else. */
export function queryOf({ url }: Exchange): Record<string, string | string[]> {
  const query = new URLSearchParams(url.split('?')[1] ?? '');
  const named = [...new Set(query.keys())].map((name): [string, string | string[]] => {
    const [first = '', ...more] = query.getAll(name);
    return [name, more.length === 0 ? first : [first, ...more]];
  });
  return Object.fromEntries(named);
}
