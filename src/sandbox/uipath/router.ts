import type { FastifyReply, FastifyRequest } from 'fastify';
import { queryOf } from '../kit/request.ts';
import type { Store } from '../kit/store.ts';
import { invalid, UipathFault } from './fault.ts';
import { folderOf } from './folder-header.ts';
import type { StoredFolder, UipathState } from './state.ts';

/** One call of the platform's API. */
export interface Endpoint {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Below the service's base; `{id:int}` and `{key:guid}` stand bare, `'{key}'` is an OData string. */
  readonly template: string;
  /** What a token must have been given; null where none is needed. */
  readonly scope: string | null;
  readonly answer: (call: Call) => unknown;
}

/** A call that was made. */
export class Call {
  readonly store: Store<UipathState>;
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
  readonly params: Readonly<Record<string, string>>;

  constructor(
    store: Store<UipathState>,
    exchange: { readonly request: FastifyRequest; readonly reply: FastifyReply },
    params: Readonly<Record<string, string>>,
  ) {
    this.store = store;
    this.request = exchange.request;
    this.reply = exchange.reply;
    this.params = params;
  }

  get state(): UipathState {
    return this.store.state;
  }

  get query(): URLSearchParams {
    return queryOf(this.request);
  }

  /** The folder that the headers name. */
  get folder(): StoredFolder {
    return folderOf(this.request.headers, this.state);
  }

  /** A parameter of the path. */
  param(name: string): string {
    const value = this.params[name];
    if (value === undefined) throw new Error(`the template has no ${name}`);
    return value;
  }

  /** The body as a JSON object; `named` is what the platform calls it when it cannot read it. */
  json(named: string): Record<string, unknown> {
    const value = parsed(this.request.body);
    if (typeof value !== 'object' || value === null || Array.isArray(value))
      throw invalid(`${named} must not be null`);
    return value as Record<string, unknown>;
  }
}

/** Bodies arrive raw. */
function parsed(body: unknown): unknown {
  try {
    return JSON.parse(Buffer.isBuffer(body) ? body.toString('utf8') : '');
  } catch {
    return null;
  }
}

interface Route {
  readonly endpoint: Endpoint;
  readonly pattern: RegExp;
  readonly segments: number;
}

const placeholder = /('?)\{(\w+)(?::(int|guid))?\}\1/g;
const forms = { int: '-?\\d{1,18}', guid: '[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}' };

/** Finds the endpoint of a request by the platform's path templates, which fastify's own router cannot write. */
export class Router {
  readonly #routes: readonly Route[];

  constructor(endpoints: readonly Endpoint[]) {
    this.#routes = endpoints.map((endpoint) => ({
      endpoint,
      pattern: patternOf(endpoint.template),
      segments: endpoint.template.split('/').length,
    }));
  }

  /** `path` begins below the service's base and is still percent-encoded. */
  find(
    method: string,
    path: string,
  ): { readonly endpoint: Endpoint; readonly params: Record<string, string> } | null {
    const raw = path.replace(/\(\)$/, '').split('/');
    const decoded = raw.map(decodeURIComponent).join('/');
    let otherMethod = false;
    for (const { endpoint, pattern, segments } of this.#routes) {
      const found = segments === raw.length ? pattern.exec(decoded) : null;
      if (found === null) continue;
      if (endpoint.method === method) return { endpoint, params: paramsOf(found) };
      otherMethod = true;
    }
    if (otherMethod) throw new UipathFault(405, 0, `The method ${method} is not allowed here.`);
    return null;
  }
}

function patternOf(template: string): RegExp {
  let at = 0;
  let source = '';
  for (const found of template.matchAll(placeholder)) {
    const [whole, quote, name = '', form] = found;
    const value = form === 'int' || form === 'guid' ? forms[form] : "(?:[^']|'')*";
    source += `${escaped(template.slice(at, found.index))}${quote ?? ''}(?<${name}>${value})${quote ?? ''}`;
    at = found.index + whole.length;
  }
  return new RegExp(`^${source}${escaped(template.slice(at))}$`);
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}

function paramsOf(found: RegExpExecArray): Record<string, string> {
  return Object.fromEntries(
    Object.entries(found.groups ?? {}).map(([name, value]) => [name, value.replaceAll("''", "'")]),
  );
}
