import { Redis, type RedisOptions } from 'ioredis';

type Options = Omit<RedisOptions, 'commandTimeout' | 'replyMapping'>;
type Command = Parameters<Redis['sendCommand']>[0];

/** Redis has not answered a command in its time. */
export class RedisTimeoutError extends Error {
  readonly boundMs: number;

  constructor(boundMs: number) {
    super(`no answer within ${boundMs} ms`);
    this.name = 'RedisTimeoutError';
    this.boundMs = boundMs;
  }
}

/**
 * A client whose commands fail when Redis has not answered within a bound. An answer that has arrived counts, however busy
 * this process was meanwhile: the library's own timeout fires before that is read. What is asked within one turn of the
 * event loop leaves in one write, which costs hardly more than that of one command.
 */
export class BoundedRedis extends Redis {
  readonly #boundMs: number;
  #leaving: Command[] = [];

  constructor(url: string, boundMs: number, options: Options) {
    super(url, options);
    this.#boundMs = boundMs;
  }

  override sendCommand(...args: Parameters<Redis['sendCommand']>): unknown {
    const [command] = args;
    if (this.#leaving.length === 0) this.#gather();
    this.#leaving.push(command);
    return super.sendCommand(...args);
  }

  #gather(): void {
    // There is no stream before it is connected.
    const stream = this.status === 'ready' ? this.stream : null;
    stream?.cork();
    setImmediate(() => {
      stream?.uncork();
      // A process that was busy until now has kept them here: Redis has its whole time from now on.
      for (const command of this.#leaving.splice(0)) this.#bound(command);
    });
  }

  #bound(command: Command): void {
    const timer = setTimeout(() => {
      // What lies on the socket is read before this comes.
      setImmediate(() => {
        command.reject(new RedisTimeoutError(this.#boundMs));
      });
    }, this.#boundMs);
    const clear = (): void => {
      clearTimeout(timer);
    };
    command.promise.then(clear, clear);
  }
}
