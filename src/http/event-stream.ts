import type { FastifyReply } from 'fastify';

/** How often a silent stream shows that it is alive, in ms: proxies cut what says nothing. */
const heartbeatMs = 15_000;
/** Who reads so slowly that more than this waits for it is cut off, in bytes. */
const mostWaiting = 4 * 1_024 ** 2;
/** What is sent in one go, in bytes: that one of them was taken shows that its caller reads, however long an event is. */
const pieceBytes = 16 * 1_024;
/** Who takes nothing for so long of what is left of an ended stream is cut off, in ms. */
const longestStillMs = 30_000;
/** What has not left by then holds up the end of the process no longer, in ms. */
const longestLeaveMs = 5_000;

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
/** Those that have ended, but not for their callers. */
const leaving = new Set<EventStream>();
const beat = Buffer.from(': heartbeat\n\n');
const heart = setInterval(() => {
  // Who has not taken everything yet shows by that whether they are there.
  for (const stream of open) if (!stream.isBehind) stream.send(beat);
}, heartbeatMs);
heart.unref();

/** Asks all that listen to come back, to another process: this one ends, and waits `leaveMs` for what is left of them. */
export function closeAllStreams(leaveMs = longestLeaveMs): void {
  for (const stream of [...open]) stream.end();
  const left = [...leaving];
  setTimeout(() => {
    for (const stream of left) if (leaving.has(stream)) stream.cut();
  }, leaveMs).unref();
}

/** A stream of server-sent events to one caller. */
export class EventStream {
  readonly #reply: FastifyReply;
  readonly #onEnd: (() => void)[] = [];
  #timer: NodeJS.Timeout | null = null;
  #isOver = false;
  #isEnding = false;
  /** What is still to be sent. */
  #waiting: Buffer[] = [];
  #waitingBytes = 0;
  /** When its caller has last taken something, or had nothing to take; in ms of `performance.now`. */
  #takenAt = 0;

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
    raw.on('drain', () => {
      this.#takenAt = performance.now();
      this.#flush();
    });
    open.add(this);
    if (forMs !== null)
      this.#timer = setTimeout(() => {
        this.end();
      }, forMs);
    // Its head is all that is asked for, and what comes next on its connection waits for the end of this.
    if (reply.request.method === 'HEAD') this.end();
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
    // One event may be larger than that by itself, and can be taken all the same.
    if (this.#waitingBytes > mostWaiting) {
      this.cut();
      return;
    }
    if (!this.isBehind) this.#takenAt = performance.now();
    this.#waiting.push(bytes);
    this.#waitingBytes += bytes.length;
    this.#flush();
  }

  /** Whether its caller has not taken yet what was sent. */
  get isBehind(): boolean {
    return !this.#isOver && (this.#waiting.length > 0 || this.#reply.raw.writableNeedDrain);
  }

  /** For how long its caller has taken nothing of what was sent, in ms. */
  get stillForMs(): number {
    return this.isBehind ? performance.now() - this.#takenAt : 0;
  }

  /** Whether it goes on, its caller having taken everything that was sent; who takes nothing for so many ms is cut off. */
  async taken(stillMs: number): Promise<boolean> {
    while (this.isBehind) {
      if (this.stillForMs >= stillMs) this.cut();
      else await this.drained(stillMs - this.stillForMs);
    }
    return !this.#isOver;
  }

  /** Resolves once its caller has taken what was sent, or is gone, and after `ms` at the latest. */
  async drained(ms: number): Promise<void> {
    const { raw } = this.#reply;
    if (!this.isBehind) return;
    await new Promise<void>((resolve) => {
      const settle = (): void => {
        clearTimeout(timer);
        raw.off('drain', look).off('close', settle);
        resolve();
      };
      const look = (): void => {
        if (!this.isBehind) settle();
      };
      const timer = setTimeout(settle, ms);
      raw.on('drain', look).once('close', settle);
    });
  }

  #flush(): void {
    const { raw } = this.#reply;
    while (!raw.destroyed && !raw.writableNeedDrain) {
      const [first] = this.#waiting;
      if (first === undefined) {
        if (this.#isEnding) raw.end();
        return;
      }
      raw.write(first.subarray(0, pieceBytes));
      this.#waitingBytes -= Math.min(first.length, pieceBytes);
      if (first.length > pieceBytes) this.#waiting[0] = first.subarray(pieceBytes);
      else this.#waiting.shift();
    }
  }

  /** Hangs up at once; who reads it may come back with its last id. */
  cut(): void {
    this.#reply.raw.destroy();
    this.#over();
  }

  /** Ends it once everything that was sent has left; who takes nothing of it for `stillMs` is cut off. */
  end(stillMs = longestStillMs): void {
    if (this.#isOver) return;
    this.#isEnding = true;
    this.#leave(stillMs);
    this.#flush();
    this.#over();
  }

  #leave(stillMs: number): void {
    const { raw } = this.#reply;
    leaving.add(this);
    const timer = setTimeout(() => {
      this.cut();
    }, stillMs);
    raw.on('drain', () => timer.refresh());
    raw.once('close', () => {
      clearTimeout(timer);
      leaving.delete(this);
    });
  }

  #over(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    open.delete(this);
    if (this.#timer !== null) clearTimeout(this.#timer);
    for (const callback of this.#onEnd) callback();
  }
}
