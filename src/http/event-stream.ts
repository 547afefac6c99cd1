import type { FastifyReply } from 'fastify';

/** How often a silent stream shows that it is alive, in ms: proxies cut what says nothing. */
const heartbeatMs = 15_000;
/** Who reads so slowly that more than this waits for it is cut off, in bytes. */
const mostWaiting = 4 * 1_024 ** 2;

/** One event (HTML Living Standard §9.2). */
export interface StreamEvent {
  readonly id: string;
  readonly event: string;
  /** One line of text, or several. */
  readonly data: string;
}

/** The bytes of an event, to be made once for all that receive it. */
export function encodeEvent({ id, event, data }: StreamEvent): Buffer {
  const lines = data.split('\n').map((line) => `data: ${line}\n`);
  return Buffer.from(`id: ${id}\nevent: ${event}\n${lines.join('')}\n`);
}

const open = new Set<EventStream>();
const beat = Buffer.from(': heartbeat\n\n');
const heart = setInterval(() => {
  // Who has not taken everything yet shows by that whether they are there.
  for (const stream of open) if (!stream.isBehind) stream.send(beat);
}, heartbeatMs);
heart.unref();

/** Asks all that listen to come back, to another process: this one ends. */
export function closeAllStreams(): void {
  for (const stream of [...open]) stream.end();
}

/** A stream of server-sent events to one caller. */
export class EventStream {
  readonly #reply: FastifyReply;
  readonly #onEnd: (() => void)[] = [];
  #timer: NodeJS.Timeout | null = null;
  #isOver = false;

  /** Sends the head. `forMs` ends it by itself; null: when there is nothing more to tell. */
  constructor(reply: FastifyReply, forMs: number | null) {
    this.#reply = reply;
    reply.hijack();
    const { raw } = reply;
    raw.writeHead(200, {
      ...(reply.getHeaders() as Record<string, string>),
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
      // Of nginx and others that would keep events back until there are many.
      'x-accel-buffering': 'no',
    });
    raw.flushHeaders();
    raw.once('close', () => {
      this.#over();
    });
    open.add(this);
    if (forMs !== null)
      this.#timer = setTimeout(() => {
        this.end();
      }, forMs);
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  /** Called once, when the stream is over for whatever reason. */
  onEnd(callback: () => void): void {
    if (this.#isOver) callback();
    else this.#onEnd.push(callback);
  }

  send(bytes: Buffer): void {
    if (this.#isOver) return;
    const { raw } = this.#reply;
    // One event may be larger than that by itself, and can be taken all the same.
    if (raw.writableLength > mostWaiting) this.cut();
    else raw.write(bytes);
  }

  /** Whether its caller has not taken yet what was sent. */
  get isBehind(): boolean {
    return !this.#isOver && this.#reply.raw.writableNeedDrain;
  }

  /** Resolves once its caller has taken what was sent, or is gone, and after `ms` at the latest. */
  async drained(ms: number): Promise<void> {
    const { raw } = this.#reply;
    if (!this.isBehind) return;
    await new Promise<void>((resolve) => {
      const settle = (): void => {
        clearTimeout(timer);
        raw.off('drain', settle).off('close', settle);
        resolve();
      };
      const timer = setTimeout(settle, ms);
      raw.once('drain', settle).once('close', settle);
    });
  }

  /** Hangs up at once; who reads it may come back with its last id. */
  cut(): void {
    this.#reply.raw.destroy();
    this.#over();
  }

  /** Ends it once everything that was sent has left. */
  end(): void {
    if (this.#isOver) return;
    this.#reply.raw.end();
    this.#over();
  }

  #over(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    open.delete(this);
    if (this.#timer !== null) clearTimeout(this.#timer);
    for (const callback of this.#onEnd) callback();
  }
}
