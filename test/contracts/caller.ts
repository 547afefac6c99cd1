/** A request to a sandbox, as any client could make it. */
export interface Request {
  readonly headers?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string>>;
  /** JSON; a form or bytes go as they are. */
  readonly body?: unknown;
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** The body as JSON. */
  json(): Record<string, unknown>;
  /** The rows of a list. */
  rows(): Record<string, unknown>[];
}

/** Sends requests below `base` with `headers`. */
export class Caller {
  readonly #base: string;
  readonly #headers: Readonly<Record<string, string>>;

  constructor(base: string, headers: Readonly<Record<string, string>>) {
    this.#base = base;
    this.#headers = headers;
  }

  async call(method: string, path: string, request: Request = {}): Promise<Answer> {
    const { query = {}, headers = {}, body } = request;
    const search = new URLSearchParams(query).toString();
    const plain = body === undefined || body instanceof FormData || body instanceof Uint8Array;
    const answer = await fetch(`${this.#base}/${path}${search === '' ? '' : `?${search}`}`, {
      method,
      headers: {
        ...(plain ? {} : { 'content-type': 'application/json' }),
        ...this.#headers,
        ...headers,
      },
      ...(body === undefined ? {} : { body: plain ? body : JSON.stringify(body) }),
      redirect: 'manual',
    });
    const text = await answer.text();
    const json = (): Record<string, unknown> => JSON.parse(text) as Record<string, unknown>;
    return {
      status: answer.status,
      headers: answer.headers,
      text,
      json,
      rows: () => json()['value'] as Record<string, unknown>[],
    };
  }
}

/** Asks until the answer is good, for ten seconds. */
export async function until<T>(ask: () => Promise<T>, good: (value: T) => boolean): Promise<T> {
  const deadline = Date.now() + 10_000;
  for (;;) {
    const value = await ask();
    if (good(value)) return value;
    if (Date.now() > deadline) throw new Error(`not in time: ${JSON.stringify(value)}`);
    await new Promise((done) => setTimeout(done, 50));
  }
}

/** The answer, when it has the status that it should have. */
export function expectStatus(answer: Answer, status: number): Answer {
  if (answer.status !== status)
    throw new Error(`expected ${status}, got ${answer.status}: ${answer.text}`);
  return answer;
}
