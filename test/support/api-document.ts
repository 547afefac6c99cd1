import { OpenAPIBackend, SetMatchType } from 'openapi-backend';
import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import type { Exchange } from '../../src/sandbox/kit/sandbox.ts';
import { bodyOf, contentProblem, json, mediaType, queryOf } from './api-exchange.ts';
import { type FoundOperation, PathTable } from './api-paths.ts';
import type { OpenApi, Operation, Overlay } from './openapi.ts';

/** A vendor's API document, held against what really went over the wire. */
export interface ApiDocument {
  /** False when there is no document to compare with. */
  readonly checks: boolean;
  observe(exchange: Exchange): void;
  /** The answer alone, of a request that was made to be strange. */
  observeAnswer(exchange: Exchange): void;
  /** One line for each request or answer that is not as the document says. */
  violations(): readonly string[];
  /** Ids of the operations that were called. */
  operations(): ReadonlySet<string>;
}

/** What stands in for a document where none is named. */
const unchecked: ApiDocument = {
  checks: false,
  observe: () => undefined,
  observeAnswer: () => undefined,
  violations: () => [],
  operations: () => new Set(),
};

const told = new Set<string>();

/** The document that the overlay's variable names; where it names none, that is said once and nothing is checked. */
export async function namedApiDocument(overlay: Overlay): Promise<ApiDocument> {
  const file = process.env[overlay.variable] ?? '';
  if (file !== '') return apiDocument(parse(readFileSync(file, 'utf8')) as OpenApi, overlay);
  if (!told.has(overlay.variable)) {
    told.add(overlay.variable);
    process.stderr.write(
      `NOT CHECKED: ${overlay.variable} names no API document, so requests and sandbox answers are compared with none.\n`,
    );
  }
  return unchecked;
}

/** A document with its corrections, ready to look at exchanges. */
export async function apiDocument(source: OpenApi, overlay: Overlay): Promise<ApiDocument> {
  const paths = new PathTable(corrected(source, overlay, 'requests'));
  const answers = new PathTable(corrected(source, overlay, 'answers'));
  return new CheckedDocument(
    overlay,
    paths,
    await backend(paths.document),
    await backend(answers.document),
  );
}

function corrected(source: OpenApi, overlay: Overlay, side: 'requests' | 'answers'): OpenApi {
  const document = structuredClone(source);
  for (const { of, apply } of overlay.corrections) {
    if (of === 'both' || of === side) apply(document);
  }
  return document;
}

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const dateTime = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/;

async function backend(document: OpenApi): Promise<OpenAPIBackend> {
  const made = new OpenAPIBackend({
    // The library's type of a document comes from a package that this project does not have.
    definition: document as ConstructorParameters<typeof OpenAPIBackend>[0]['definition'],
    quick: true,
    ajvOpts: { strict: false, allErrors: true },
    customizeAjv: (ajv) =>
      ajv
        .addFormat('uuid', uuid)
        .addFormat('date-time', (text) => dateTime.test(text) && !Number.isNaN(Date.parse(text)))
        .addFormat('uri', (text) => URL.canParse(text)),
  });
  return made.init();
}

class CheckedDocument implements ApiDocument {
  readonly checks = true;
  readonly #overlay: Overlay;
  readonly #paths: PathTable;
  readonly #requests: OpenAPIBackend;
  readonly #answers: OpenAPIBackend;
  readonly #violations: string[] = [];
  readonly #called = new Set<string>();

  constructor(
    overlay: Overlay,
    paths: PathTable,
    requests: OpenAPIBackend,
    answers: OpenAPIBackend,
  ) {
    this.#overlay = overlay;
    this.#paths = paths;
    this.#requests = requests;
    this.#answers = answers;
  }

  violations(): readonly string[] {
    return this.#violations;
  }

  operations(): ReadonlySet<string> {
    return this.#called;
  }

  observe(exchange: Exchange): void {
    const found = this.#paths.find(exchange.method, exchange.url);
    if (found === null) {
      this.#say(exchange, 'the document has no such call');
      return;
    }
    this.#called.add(found.operationId);
    this.#checkHeaders(exchange, operationOf(this.#requests, found));
    this.#checkRequest(exchange, found);
    // What a fault made up is nobody's contract.
    if (!exchange.faulty) this.#checkAnswer(exchange, found);
  }

  observeAnswer(exchange: Exchange): void {
    const found = this.#paths.find(exchange.method, exchange.url);
    if (found !== null && !exchange.faulty) this.#checkAnswer(exchange, found);
  }

  #checkHeaders(exchange: Exchange, operation: Operation): void {
    const sent = Object.keys(exchange.requestHeaders);
    const oneOf = operation['x-one-of-headers'] ?? [];
    if (oneOf.length > 0 && !oneOf.some((name) => sent.includes(name.toLowerCase())))
      this.#say(exchange, `none of the headers ${oneOf.join(', ')} was sent`);
    const { ownHeaders } = this.#overlay;
    if (ownHeaders === null) return;
    const declared = (operation.parameters ?? [])
      .filter((each) => each.in === 'header')
      .map(({ name }) => name.toLowerCase());
    for (const name of sent) {
      if (name.startsWith(ownHeaders) && !declared.includes(name))
        this.#say(exchange, `the call takes no header ${name}`);
    }
  }

  #checkRequest(exchange: Exchange, found: FoundOperation): void {
    const { operationId, method, path } = found;
    const body = bodyOf(exchange);
    const { requestBody } = operationOf(this.#requests, found);
    const wrong = contentProblem(exchange, requestBody?.content);
    // Who is not let in, or met by a fault, is turned away before the body has been read.
    const unread = (exchange.status === 401 || exchange.faulty) && exchange.requestBody === null;
    if (wrong !== null && !unread) this.#say(exchange, wrong);
    const result = this.#requests.validateRequest(
      {
        method,
        path,
        headers: exchange.requestHeaders,
        query: queryOf(exchange),
        ...(body === undefined ? {} : { body }),
      },
      operationId,
    );
    for (const { instancePath, message, params } of result.errors ?? []) {
      if (unread && /^\/?requestBody/.test(instancePath)) continue;
      if (unread && JSON.stringify(params).includes('requestBody')) continue;
      this.#say(exchange, said(`request${instancePath}`, { message, params }));
    }
  }

  #checkAnswer(exchange: Exchange, found: FoundOperation): void {
    const { status, responseBody, responseHeaders } = exchange;
    const { operationId } = found;
    const { responses } = operationOf(this.#answers, found);
    const answer =
      responses[status] ?? responses[`${Math.floor(status / 100)}XX`] ?? responses['default'];
    if (answer === undefined) {
      this.#say(exchange, `the status ${status} is not documented`);
      return;
    }
    const type = mediaType(responseHeaders['content-type']);
    const content = Object.keys(answer.content ?? {});
    if (content.length === 0) {
      if (responseBody !== null && responseBody !== '')
        this.#say(exchange, 'the answer has a body');
      return;
    }
    if (!content.includes(type)) {
      this.#say(exchange, `the answer is ${type || 'without a type'}, not ${content.join(', ')}`);
      return;
    }
    const headers = this.#answers.validateResponseHeaders(responseHeaders, operationId, {
      statusCode: status,
      setMatchType: SetMatchType.Any,
    });
    const body =
      // What was streamed was not kept.
      type === 'application/json' && responseBody !== null
        ? this.#answers.validateResponse(json(responseBody), operationId, status)
        : { errors: [] };
    for (const { instancePath, message, params } of [
      ...(headers.errors ?? []),
      ...(body.errors ?? []),
    ]) {
      this.#say(exchange, said(`answer${instancePath}`, { message, params }));
    }
  }

  #say({ method, url, status }: Exchange, problem: string): void {
    this.#violations.push(`${method} ${url} → ${status}: ${problem}`);
  }
}

/** The operation with its references resolved. */
function operationOf(api: OpenAPIBackend, { operationId }: FoundOperation): Operation {
  const operation: unknown = api.router.getOperation(operationId);
  if (operation === undefined) throw new Error(`the document has no operation ${operationId}`);
  return operation as Operation;
}

/** What a validator found. */
interface Finding {
  readonly message?: string | undefined;
  readonly params: unknown;
}

function said(at: string, finding: Finding): string {
  const detail = JSON.stringify(finding.params);
  return `${at} ${finding.message ?? 'is wrong'}${detail === '{}' ? '' : ` ${detail}`}`;
}
