/** A JSON Schema as OpenAPI 3.0 writes it; the members that corrections touch. */
export interface Schema {
  $ref?: string;
  type?: string;
  format?: string;
  nullable?: boolean;
  enum?: unknown[];
  required?: string[];
  properties?: Record<string, Schema>;
  patternProperties?: Record<string, Schema>;
  additionalProperties?: boolean | Schema;
  items?: Schema;
  oneOf?: Schema[];
  anyOf?: Schema[];
  allOf?: Schema[];
  pattern?: string;
}

export interface Parameter {
  name: string;
  in: 'path' | 'query' | 'header' | 'cookie';
  required?: boolean;
  schema: Schema;
}

export type Content = Record<string, { schema?: Schema }>;

export interface Answer {
  $ref?: string;
  description?: string;
  content?: Content;
}

export interface RequestBody {
  required?: boolean;
  content: Content;
}

export interface Operation {
  operationId: string;
  parameters?: Parameter[];
  requestBody?: RequestBody;
  responses: Record<string, Answer>;
  /** Of these headers at least one must be sent; an extension that corrections add. */
  'x-one-of-headers'?: string[];
}

export interface PathItem {
  servers?: { url: string }[];
  parameters?: Parameter[];
  get?: Operation;
  put?: Operation;
  post?: Operation;
  delete?: Operation;
  patch?: Operation;
}

/** An OpenAPI document, as far as it is read here. */
export interface OpenApi {
  openapi: string;
  info: { title: string; version: string };
  servers?: { url: string }[];
  paths: Record<string, PathItem>;
  components?: { schemas?: Record<string, Schema> };
}

const methods = ['get', 'put', 'post', 'delete', 'patch'] as const;
export type Method = (typeof methods)[number];

/** Something that a document gets wrong or lacks, and how it is put right in memory. */
export interface Correction {
  readonly why: string;
  /** Requests are held more strictly than answers: each has a copy of the document. */
  readonly of: 'requests' | 'answers' | 'both';
  readonly apply: (document: OpenApi) => void;
}

/** What is known about a vendor's document that the document does not say. */
export interface Overlay {
  /** The environment variable that names a file of the document, JSON or YAML. */
  readonly variable: string;
  /** Headers that begin so must be declared by the operation; null where the vendor has none of its own. */
  readonly ownHeaders: string | null;
  readonly corrections: readonly Correction[];
}

export function eachOperation(
  document: OpenApi,
  visit: (operation: Operation, method: Method, path: string) => void,
): void {
  for (const [path, item] of Object.entries(document.paths)) {
    for (const method of methods) {
      const operation = item[method];
      if (operation !== undefined) visit(operation, method, path);
    }
  }
}

/** Every schema of the document that is written out: in components, bodies and, where asked, parameters. */
export function eachSchema(document: OpenApi, visit: (schema: Schema) => void): void {
  for (const schema of Object.values(document.components?.schemas ?? {})) walk(schema, visit);
  eachOperation(document, ({ requestBody, responses }) => {
    const answers = Object.values(responses).map(({ content }) => content ?? {});
    for (const content of [requestBody?.content ?? {}, ...answers]) {
      for (const { schema } of Object.values(content))
        if (schema !== undefined) walk(schema, visit);
    }
  });
}

function walk(schema: Schema, visit: (schema: Schema) => void): void {
  visit(schema);
  const { properties, items, oneOf = [], anyOf = [], allOf = [], additionalProperties } = schema;
  for (const each of Object.values(properties ?? {})) walk(each, visit);
  for (const each of [...oneOf, ...anyOf, ...allOf]) walk(each, visit);
  if (items !== undefined) walk(items, visit);
  if (typeof additionalProperties === 'object') walk(additionalProperties, visit);
}
