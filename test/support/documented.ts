import { readFileSync } from 'node:fs';
import { OpenAPIBackend } from 'openapi-backend';
import { exposedHeaders } from '../../src/http/cors.ts';
import type { Answer, Method } from './http.ts';

interface Parameter {
  readonly name: string;
  readonly in: 'path' | 'query' | 'header';
  readonly required?: boolean;
  readonly example?: unknown;
  readonly schema: { readonly examples?: readonly unknown[] };
}

interface Documented {
  readonly headers?: Record<string, object>;
  readonly content?: Record<string, object>;
}

interface BodySchema {
  readonly $ref?: string;
  readonly properties?: Readonly<Record<string, { readonly example?: unknown }>>;
}

interface BodyContent {
  readonly schema: BodySchema;
  readonly example?: unknown;
  readonly examples?: Readonly<Record<string, { readonly value: unknown }>>;
}

interface Operation {
  readonly operationId: string;
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: {
    readonly content: Readonly<Record<string, BodyContent>>;
  };
  readonly responses: Record<string, Documented>;
}

interface Schema extends BodySchema {
  additionalProperties?: boolean;
}

interface ApiDocument {
  readonly openapi: string;
  readonly info: { readonly title: string; readonly version: string };
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
}

/** An operation of the API document, with the examples of its parameters. */
export interface DocumentedOperation {
  readonly id: string;
  readonly method: Method;
  /** With a place for each path parameter, as `/v1/processes/{id}`. */
  readonly path: string;
  readonly parameters: readonly {
    readonly name: string;
    readonly in: 'path' | 'query' | 'header';
    /** As all required ones are. */
    readonly isFilledIn: boolean;
    readonly example: unknown;
  }[];
  /** The examples of the parts of its form, as Swagger UI fills them in; null when it takes none. */
  readonly form: readonly (readonly [name: string, text: string])[] | null;
  /** The example of its JSON body; null when it takes none. */
  readonly json: unknown;
  /** Whether it answers with a stream of events, which ends when there is nothing more to tell. */
  readonly isStream: boolean;
}

const problemType = 'application/problem+json';
/** Headers that clients act upon. */
const worthTelling = [...exposedHeaders, 'Content-Location'].map((name) => name.toLowerCase());

/** The committed API document, held against what a gateway answers. */
export class CommittedDocument {
  readonly #document: ApiDocument;
  readonly #validator: OpenAPIBackend;

  private constructor(document: ApiDocument, validator: OpenAPIBackend) {
    this.#document = document;
    this.#validator = validator;
  }

  static async read(): Promise<CommittedDocument> {
    const file = new URL('../../openapi/openapi.json', import.meta.url);
    const document = JSON.parse(readFileSync(file, 'utf8')) as ApiDocument;
    const validator = new OpenAPIBackend({
      // The library's type of a document comes from a package that this project does not have.
      definition: validated(document),
      quick: true,
      ajvOpts: { strict: false, allErrors: true },
    });
    return new CommittedDocument(document, await validator.init());
  }

  operations(): DocumentedOperation[] {
    return Object.entries(this.#document.paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, { operationId, parameters = [], ...rest }]) => ({
        id: operationId,
        method: method as Method,
        path,
        parameters: parameters.map((each) => ({
          name: each.name,
          in: each.in,
          isFilledIn: each.example !== undefined,
          example: each.example ?? each.schema.examples?.[0],
        })),
        form: formOf(rest.requestBody?.content['multipart/form-data'] ?? null),
        json: this.#jsonOf(rest.requestBody?.content['application/json'] ?? null),
        isStream: Object.keys(rest.responses['200']?.content ?? {}).join() === 'text/event-stream',
      })),
    );
  }

  /** What Swagger UI fills in: the example of the body, else those of its members. */
  #jsonOf(content: BodyContent | null): unknown {
    if (content === null) return null;
    const [first] = Object.values(content.examples ?? {});
    if (first !== undefined) return first.value;
    if (content.example !== undefined) return content.example;
    const name = content.schema.$ref?.split('/').at(-1) ?? '';
    const { properties = {} } = this.#document.components.schemas[name] ?? content.schema;
    const members = Object.entries(properties).map(([member, { example }]) => [member, example]);
    return Object.fromEntries(members.filter(([, example]) => example !== undefined)) as unknown;
  }

  /** Where an answer is not as the document says; empty when it is. */
  deviations(id: string, { status, headers, body, text }: Answer<unknown>): string[] {
    const operation = Object.values(this.#document.paths)
      .flatMap((methods) => Object.values(methods))
      .find(({ operationId }) => operationId === id);
    const documented = operation?.responses[status];
    if (documented === undefined) return [`the status ${status} is not documented`];
    const told = new Set(Object.keys(documented.headers ?? {}).map((name) => name.toLowerCase()));
    const untold = worthTelling.filter((name) => name in headers && !told.has(name));
    if (untold.length > 0) return untold.map((name) => `${status} has ${name}, undocumented`);
    const content = Object.keys(documented.content ?? {});
    const type = headers['content-type']?.split(';')[0] ?? '';
    if (content.length === 0) return text === '' ? [] : [`${status} has a body`];
    if (!content.includes(type)) return [`${status} is ${type}, not ${content.join(' or ')}`];
    if (!type.endsWith('json')) return [];
    const { errors } = this.#validator.validateResponse(body, id, status);
    return (errors ?? []).map(
      ({ instancePath, message, params }) =>
        `${status} ${instancePath} ${message ?? ''} ${JSON.stringify(params)}`,
    );
  }
}

function formOf(content: BodyContent | null): DocumentedOperation['form'] {
  if (content === null) return null;
  return Object.entries(content.schema.properties ?? {}).flatMap(([name, { example }]) => {
    if (example === undefined) return [];
    return [[name, typeof example === 'string' ? example : JSON.stringify(example)] as const];
  });
}

/** The document as the validator can use it: problems as JSON, and no member that is not documented. */
function validated(document: ApiDocument): ApiDocument {
  const copy = structuredClone(document);
  for (const [name, schema] of Object.entries(copy.components.schemas)) {
    // A problem may have members of its own kind of error.
    if (schema.properties !== undefined && name !== 'Problem') schema.additionalProperties = false;
  }
  for (const methods of Object.values(copy.paths)) {
    for (const { responses } of Object.values(methods)) {
      for (const { content } of Object.values(responses)) {
        const problem = content?.[problemType];
        if (content !== undefined && problem !== undefined) content['application/json'] = problem;
      }
    }
  }
  return copy;
}
