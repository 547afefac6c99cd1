import { Redis, type RedisOptions } from 'ioredis';

type Options = Omit<RedisOptions, 'commandTimeout' | 'replyMapping'>;

/**
 * A client whose commands fail when Redis has not answered within a bound. An answer that has arrived counts, however busy
 * this process was meanwhile: the library's own timeout fires before that is read.
 */
export class BoundedRedis extends Redis {
  readonly #boundMs: number;

  constructor(url: string, boundMs: number, options: Options) {
    super(url, options);
    this.#boundMs = boundMs;
  }

  override sendCommand(...args: Parameters<Redis['sendCommand']>): unknown {
    const [command] = args;
    const timer = setTimeout(() => {
      // What lies on the socket is read before this comes.
      setImmediate(() => {
        command.reject(new Error('Command timed out'));
      });
    }, this.#boundMs);
    const clear = (): void => {
      clearTimeout(timer);
    };
    command.promise.then(clear, clear);
    return super.sendCommand(...args);
  }
}
