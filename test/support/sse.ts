import type { Answer, Serving } from './http.ts';

/** One event of a stream. */
export interface ReceivedEvent {
  readonly id: string;
  readonly event: string;
  readonly data: string;
}

/** What a stream has said after so many ms, or until its end. */
export async function cutStream(
  { baseUrl }: Serving,
  path: string,
  headers: Readonly<Record<string, string>>,
  ms: number,
): Promise<Answer<unknown>> {
  const abort = new AbortController();
  const answer = await fetch(baseUrl + path, { headers, signal: abort.signal });
  const timer = setTimeout(() => {
    abort.abort();
  }, ms);
  const decoder = new TextDecoder();
  let text = '';
  try {
    for await (const piece of answer.body ?? [])
      text += decoder.decode(piece as Uint8Array, { stream: true });
  } catch (error) {
    if (!abort.signal.aborted) throw error;
  } finally {
    clearTimeout(timer);
  }
  const type = answer.headers.get('content-type') ?? '';
  const body: unknown = type.includes('json') ? JSON.parse(text) : {};
  return { status: answer.status, headers: Object.fromEntries(answer.headers), text, body };
}

/** A stream of server-sent events as a caller reads it. */
export class Listener {
  readonly events: ReceivedEvent[] = [];
  readonly status: number;
  readonly ended: Promise<void>;
  readonly #abort: AbortController;

  private constructor(answer: Response, abort: AbortController) {
    this.status = answer.status;
    this.#abort = abort;
    this.ended = this.#read(answer);
  }

  static async open(url: string, headers: Record<string, string> = {}): Promise<Listener> {
    const abort = new AbortController();
    const accept = { accept: 'text/event-stream', ...headers };
    return new Listener(await fetch(url, { headers: accept, signal: abort.signal }), abort);
  }

  close(): void {
    this.#abort.abort();
  }

  async #read(answer: Response): Promise<void> {
    const decoder = new TextDecoder();
    let text = '';
    try {
      for await (const piece of answer.body ?? []) {
        text += decoder.decode(piece as Uint8Array, { stream: true });
        for (let at = text.indexOf('\n\n'); at >= 0; at = text.indexOf('\n\n')) {
          this.#take(text.slice(0, at));
          text = text.slice(at + 2);
        }
      }
    } catch (error) {
      if (!this.#abort.signal.aborted) throw error;
    }
  }

  #take(block: string): void {
    const fields = new Map<string, string>();
    for (const line of block.split('\n')) {
      if (line.startsWith(':')) continue;
      const [name = '', ...rest] = line.split(': ');
      const value = rest.join(': ');
      fields.set(name, fields.has(name) ? `${fields.get(name) ?? ''}\n${value}` : value);
    }
    if (fields.size === 0) return;
    this.events.push({
      id: fields.get('id') ?? '',
      event: fields.get('event') ?? '',
      data: fields.get('data') ?? '',
    });
  }
}
