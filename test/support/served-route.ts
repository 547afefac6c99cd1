import type { SeenRequest } from './recorder.ts';

/** A route with its parameters, as a row of the documents writes it. */
export interface ServedRoute {
  readonly method: string;
  readonly path: RegExp;
  /** Parameters of the query, members of the body and headers; the value where only one counts. */
  readonly query: Parameters;
  readonly members: Parameters;
  readonly headers: Parameters;
}

type Parameters = ReadonlyMap<string, string | null>;

const written =
  /^(?<method>[A-Z]+) (?<path>\/v1\/[^?\s,]+)(?:\?(?<query>[^\s,]+))?(?: \{(?<members>[^}]+)\})?(?:, (?<header>[\w-]+): (?<value>\S+))?$/;

/** @throws Error when it is not written so that it can be read */
export function routeOf(served: string): ServedRoute {
  const groups = written.exec(served)?.groups;
  if (groups === undefined) throw new Error(`cannot be read as a route: ${served}`);
  const { method = '', path = '', query = '', members = '', header } = groups;
  const parts = path.split('/').map((part) => (part.includes('{') ? '[^/]+' : part));
  return {
    method,
    path: new RegExp(`^${parts.join('/')}$`),
    query: parametersIn(query, /&/, '='),
    members: parametersIn(members, /, /, ': '),
    // The value of a header is told by an example.
    headers: new Map(header === undefined ? [] : [[header.toLowerCase(), null]]),
  };
}

/** Whether a request went there, with each of the parameters; it may have had others. */
export function isTo(route: ServedRoute, request: SeenRequest): boolean {
  const { method, path, query, members, headers } = route;
  if (request.method !== method || !path.test(request.path)) return false;
  const has = (wanted: Parameters, find: (name: string) => string | null | undefined): boolean =>
    [...wanted].every(([name, value]) => {
      const given = find(name) ?? null;
      return given !== null && (value === null || value === given);
    });
  return (
    has(query, (name) => request.query.get(name)) &&
    has(headers, (name) => request.headers[name]) &&
    has(members, (name) => memberOf(request, name))
  );
}

function parametersIn(text: string, between: RegExp, is: string): Parameters {
  const each = text === '' ? [] : text.split(between);
  return new Map(
    each.map((parameter) => {
      const [name = '', value = '{}'] = parameter.split(is);
      return [name, value.includes('{') ? null : value] as const;
    }),
  );
}

/** A member of a JSON body, dots leading into it, or a part of a form. */
function memberOf({ headers, body }: SeenRequest, name: string): string | null {
  const type = headers['content-type'] ?? '';
  if (type.startsWith('multipart/')) {
    const part = new RegExp(`name="${name}"[^]*?\\r\\n\\r\\n([^]*?)\\r\\n--`).exec(body);
    return part?.[1] ?? null;
  }
  let value: unknown = type.startsWith('application/json') ? JSON.parse(body) : undefined;
  for (const step of name.split('.'))
    value = typeof value === 'object' && value !== null ? Reflect.get(value, step) : undefined;
  if (value === undefined) return null;
  return typeof value === 'string' ? value : JSON.stringify(value);
}
