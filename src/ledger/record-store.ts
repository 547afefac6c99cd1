import type { Redis } from 'ioredis';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Native } from '../domain/native.ts';
import { ConflictError, StoreUnavailableError } from '../domain/errors.ts';
import { Durability } from './durability.ts';
import { changeScript, createScript, removeScript, withdrawScript } from './record-scripts.ts';
import type { LedgerEntry, NewRecord, RecordChange, StoredRecord } from './record.ts';

/** How long the events of a record can be read again, in ms. */
const eventsKeepMs = 24 * 3_600_000;
/** Of each record, at least. */
const eventsKept = 200;
/** A record that was withdrawn is not made within this time, in ms: its making may still be on its way. */
const withdrawnMs = 1_500;
/** Of those who change a record at the same time one gets through in each round. */
const mostAttempts = 100;
const longestPauseMs = 50;

/** What records of one kind are kept with. */
export interface RecordStoreOptions<D> {
  readonly prefix: string;
  /** As `run`: names the keys and the channel. */
  readonly kind: string;
  /** How long a record is kept, in ms; null while it is open. */
  readonly keepMs: (doc: D) => number | null;
  /** A sorted set that finds some of them, kept in the same step as they are. Absent: none is. */
  readonly found?: Found<D>;
  /** The sorted set of those that are looked for (`OpenRecords`). Absent: a record that is made comes into none. */
  readonly openKey?: string;
  /** How many replicas of Redis must have what is to last; 0, and absent: one, as long as any is connected. */
  readonly minReplicas?: number;
}

/** Where records of one kind are found besides their ids. */
interface Found<D> {
  /** The set in which a record is, should it be in one; always the same for it. */
  key(doc: D): string;
  /** Its place in it; null while it does not belong there. */
  place(doc: D): number | null;
}

/** What has to stand under keys besides its own for a record to be made, and what is put there in the same step. */
export interface MakingCondition {
  readonly keys: readonly string[];
  readonly stands: string;
  readonly becomes: string;
  /** How long that is kept, in ms. */
  readonly keepMs: number;
}

interface Versioned<D> extends StoredRecord<D> {
  readonly version: string;
}

/** A change of a record, as it was written. */
export interface RecordEvent<D> {
  readonly revision: number;
  readonly doc: D;
}

const unconditional: MakingCondition = { keys: [], stands: '', becomes: '', keepMs: 0 };

/** A record was changed by others again and again. */
export class ContentionError extends Error {}

/**
 * Records in Redis, changed by compare-and-set: each change of what callers see raises the revision, is kept as an event
 * and told to every replica, in one step.
 */
export class RecordStore<D extends object> {
  readonly #redis: Redis;
  readonly #options: RecordStoreOptions<D>;
  readonly #durability: Durability;

  constructor(redis: Redis, options: RecordStoreOptions<D>) {
    this.#redis = redis;
    this.#options = options;
    const { prefix, minReplicas = 0 } = options;
    this.#durability = new Durability(redis, { prefix, minReplicas });
  }

  /** Where changes are told: each message is the id of a record. */
  get channel(): string {
    return `${this.#options.prefix}:${this.#options.kind}:changes`;
  }

  /** The time of the store, in ms since 1970. */
  async now(): Promise<number> {
    const [seconds = 0, micros = 0] = await this.#redis.time();
    return seconds * 1_000 + Math.floor(micros / 1_000);
  }

  /**
   * Makes a record, that of a write for good; false when there is one already. A store that comes by the command after
   * `notAfter` (by its own clock) does nothing: its caller has been told so long ago.
   * @throws StoreUnavailableError when that is so, or when it is not durable in time; then there is none, or its
   * outcome is `unknown`
   * @throws ConflictError when the condition does not hold; then there is none
   */
  async create(
    { id, doc, ledger, evidence, lookAt }: NewRecord<D>,
    notAfter = Number.MAX_SAFE_INTEGER,
    { keys: others, stands, becomes, keepMs }: MakingCondition = unconditional,
  ): Promise<boolean> {
    const own = this.#keysOf(id, doc);
    const { openKey } = this.#options;
    const open = openKey === undefined || lookAt === undefined ? [] : [openKey];
    const keys = [...own, ...open, ...others];
    const made = await this.#redis.eval(
      createScript,
      keys.length,
      ...keys,
      JSON.stringify(doc),
      ledger === null ? '' : JSON.stringify(ledger),
      evidence === null ? '' : JSON.stringify(evidence),
      this.channel,
      id,
      eventsKeepMs,
      notAfter,
      this.#options.keepMs(doc) ?? 0,
      this.#placeOf(doc),
      others.length,
      stands,
      becomes,
      keepMs,
      open.length === 0 ? 0 : own.length + 1,
      lookAt ?? '',
    );
    if (made === -1)
      throw new StoreUnavailableError('Redis was too slow to take it.', { outcome: 'not_sent' });
    if (made === -2) throw overtaken();
    // What only repeats what a platform has is read there again should it be lost.
    if (ledger === null) return made === 1;
    try {
      await this.#durability.wait();
    } catch (error) {
      if (made === 1 && (await this.withdraw(id))) throw error;
      throw new StoreUnavailableError(
        'Redis cannot say that it will keep it, and it could not be taken back.',
        { outcome: 'unknown', cause: error },
      );
    }
    return made === 1;
  }

  async read(id: string): Promise<StoredRecord<D> | null> {
    return (await this.#read([id]))[0] ?? null;
  }

  /** Those of them that there are, in their order. */
  async readMany(ids: readonly string[]): Promise<readonly StoredRecord<D>[]> {
    return (await this.#read(ids)).filter((record) => record !== null);
  }

  async evidence(id: string): Promise<Native | null> {
    const text = await this.#redis.hget(this.#key(id), 'evidence');
    return text === null ? null : (JSON.parse(text) as Native);
  }

  /**
   * Changes a record: `change` says what becomes of it as it is now, or null when nothing does, and is asked again when
   * another process was faster. Gives the record as it is then, `durable`: once Redis will keep it; null when there is
   * none.
   */
  async change(
    id: string,
    change: (record: StoredRecord<D>) => RecordChange<D> | null,
    { durable = false }: { durable?: boolean } = {},
  ): Promise<StoredRecord<D> | null> {
    for (let attempt = 0; attempt < mostAttempts; attempt += 1) {
      const [record = null] = await this.#read([id]);
      const changed = record === null ? null : change(record);
      if (record === null || changed === null) {
        // What stands may be one's own change, whose answer was lost.
        if (durable) await this.#kept();
        return record;
      }
      const revision = await this.#write(record, changed);
      if (revision === 0) {
        await sleep(Math.random() * Math.min(attempt * 2, longestPauseMs));
        continue;
      }
      if (durable) await this.#kept();
      const { doc = record.doc, ledger = record.ledger } = changed;
      return { id, revision, doc, ledger };
    }
    throw new ContentionError(`${id} is changed by too many at once`);
  }

  /** What became of a record after a revision, `most` of it, oldest first, as far as it is kept. */
  async events(
    id: string,
    after: number,
    most = Number.MAX_SAFE_INTEGER,
  ): Promise<readonly RecordEvent<D>[]> {
    const key = this.#eventsKey(id);
    const entries = await this.#redis.xrange(key, `(${after}-1`, '+', 'COUNT', most);
    return entries.map(([entryId, [, doc = '{}']]) => ({
      revision: Number(entryId.split('-')[0]),
      doc: JSON.parse(doc) as D,
    }));
  }

  /**
   * Removes a record, once what has to come `before` that is done with it as it stands, which is done again where another
   * process has changed it meanwhile.
   */
  async remove(
    id: string,
    before: (record: StoredRecord<D>) => Promise<void> = () => Promise.resolve(),
  ): Promise<void> {
    const keys = [this.#key(id), this.#eventsKey(id)];
    for (let attempt = 0; attempt < mostAttempts; attempt += 1) {
      const [record = null] = await this.#read([id]);
      if (record === null) return;
      await before(record);
      const { version } = record;
      const gone = this.#redis.eval(removeScript, keys.length, ...keys, version, this.channel, id);
      if ((await gone) === 1) return;
      await sleep(Math.random() * Math.min(attempt * 2, longestPauseMs));
    }
    throw new ContentionError(`${id} is changed by too many at once`);
  }

  /** Takes a record back that nobody has touched since it was made; whether that is certain, and Redis will not forget it. */
  async withdraw(id: string): Promise<boolean> {
    try {
      const keys = [this.#key(id), this.#eventsKey(id)];
      const isGone =
        (await this.#redis.eval(withdrawScript, keys.length, ...keys, withdrawnMs)) === 1;
      if (isGone) await this.#durability.written();
      return isGone;
    } catch {
      return false;
    }
  }

  /** The change stands, as far as Redis does. */
  async #kept(): Promise<void> {
    try {
      await this.#durability.wait();
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : String(cause);
      throw new StoreUnavailableError(`It was written, and may be forgotten: ${why}`, {
        outcome: 'unknown',
        retryable: true,
        cause,
      });
    }
  }

  async #write(
    record: Versioned<D>,
    { doc, ledger, evidence, dropEvidence }: RecordChange<D>,
  ): Promise<number> {
    const keepMs = this.#options.keepMs(doc ?? record.doc);
    const keys = this.#keysOf(record.id, record.doc);
    return (await this.#redis.eval(
      changeScript,
      keys.length,
      ...keys,
      record.version,
      doc === undefined ? '' : JSON.stringify(doc),
      ledger === undefined ? '' : JSON.stringify(ledger),
      dropEvidence === true ? '1' : '0',
      this.channel,
      record.id,
      keepMs ?? 0,
      eventsKept,
      eventsKeepMs,
      this.#placeOf(doc ?? record.doc),
      evidence === undefined ? '' : JSON.stringify(evidence),
    )) as number;
  }

  #keysOf(id: string, doc: D): string[] {
    const { found } = this.#options;
    return [this.#key(id), this.#eventsKey(id), ...(found === undefined ? [] : [found.key(doc)])];
  }

  #placeOf(doc: D): number | '' {
    return this.#options.found?.place(doc) ?? '';
  }

  async #read(ids: readonly string[]): Promise<(Versioned<D> | null)[]> {
    if (ids.length === 0) return [];
    const pipeline = this.#redis.pipeline();
    for (const id of ids) pipeline.hmget(this.#key(id), 'version', 'revision', 'doc', 'ledger');
    const replies = (await pipeline.exec()) ?? [];
    if (replies.length !== ids.length)
      throw new StoreUnavailableError('Redis did not answer for every record.');
    return replies.map(([error, reply], at) => {
      if (error !== null) throw error;
      const [version, revision, doc, ledger] = reply as (string | null)[];
      if (typeof version !== 'string' || typeof doc !== 'string') return null;
      return {
        id: ids[at] ?? '',
        version,
        revision: Number(revision),
        doc: JSON.parse(doc) as D,
        ledger: typeof ledger === 'string' ? (JSON.parse(ledger) as LedgerEntry) : null,
      };
    });
  }

  #key(id: string): string {
    return `${this.#options.prefix}:${this.#options.kind}:{${id}}`;
  }

  #eventsKey(id: string): string {
    return `${this.#key(id)}:events`;
  }
}

function overtaken(): ConflictError {
  return new ConflictError('Another request has come before this one: ask again in a moment.', {
    outcome: 'not_sent',
    retryable: true,
    retryAfterMs: 1_000,
  });
}
