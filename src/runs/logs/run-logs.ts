import type { Redis } from 'ioredis';
import { NotAcceptableError } from '../../domain/errors.ts';
import { readTimeoutMs } from '../../processes/process-reads.ts';
import { refToRead } from '../control/named-ref.ts';
import type { FoundRun } from '../found-run.ts';
import { ByteLog } from './byte-log.ts';
import { SharedReads } from '../shared-reads.ts';
import { LineLog, type LogFormat } from './line-log.ts';
import type { LogSource } from './log-source.ts';

/** Opens the logs of runs, whatever their platform keeps. */
export class RunLogs {
  readonly #redis: Redis;
  readonly #prefix: string;
  /** Shared while they last: how often a platform is asked, all processes agree on in Redis. */
  readonly #reads = new SharedReads<boolean>(0);

  constructor(redis: Redis, prefix: string) {
    this.#redis = redis;
    this.#prefix = prefix;
  }

  /**
   * The log of a run in a format.
   * @throws NotAcceptableError when the platform keeps bytes, and JSON lines are asked for
   * @throws ConflictError while the run is not known to its platform, or its start is in doubt
   * @throws NotFoundError when it was never run
   */
  open({ connection, record }: FoundRun, format: LogFormat): LogSource {
    const part = connection.part('log');
    const run = refToRead(record, 'log');
    if (part.kind === 'lines') {
      const { id } = record;
      const [redis, prefix, reads] = [this.#redis, this.#prefix, this.#reads];
      return new LineLog({ redis, prefix, id, part, run, reads }, format);
    }
    if (format === 'json') {
      throw new NotAcceptableError(
        `${connection.platform.title} keeps logs as text, without levels: ask for text/plain.`,
      );
    }
    return new ByteLog(part, run.nativeId, readTimeoutMs(connection));
  }
}
