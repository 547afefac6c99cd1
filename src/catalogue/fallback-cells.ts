import { ReplyError } from 'ioredis';
import { LRUCache } from 'lru-cache';
import { StoreUnavailableError } from '../domain/errors.ts';
import type { Log } from '../telemetry/log.ts';
import { inTime } from '../timing/within.ts';
import type { CellName, CellStore, Lease, LeaseTerms, Readings, WalkProblem } from './cell.ts';
import { Coalesced } from './coalesced.ts';
import { Leased } from './leased.ts';
import { MemoryCells } from './memory-cells.ts';

/** How Redis is waited for, in ms. */
export interface Patience {
  /** After which a command counts as failed: a write has to be refused within 250 ms. */
  readonly timeoutMs: number;
  /** After a failure nobody asks Redis again for so long: a hung one would cost every request its timeout. */
  readonly pauseMs: number;
}

/** The patience of a gateway. */
export const defaultPatience: Patience = { timeoutMs: 200, pauseMs: 1_000 };

/** Long enough that busy processes ask Redis fifty times a second instead of for every call; every mark waits for it. */
const revisionLeaseMs = 20;
const sharedReads = 500;
const warnEveryMs = 10_000;

/**
 * Cells in Redis, and in this process's memory while Redis is away. What is walked then stays here; what Redis knows
 * counts again as soon as it is back.
 */
export class FallbackCells implements CellStore {
  readonly #redis: CellStore;
  readonly #log: Log;
  readonly #patience: Patience;
  readonly #memory: MemoryCells;
  /** Many calls that look at the same cells look once. */
  readonly #reads = new LRUCache<string, Coalesced<Readings>>({ max: sharedReads });
  readonly #revision: Leased<string>;
  #awayUntil = 0;
  #warnedAt = 0;

  constructor(redis: CellStore, log: Log, patience: Patience = defaultPatience) {
    this.#redis = redis;
    this.#log = log;
    this.#patience = patience;
    this.#memory = new MemoryCells(() => redis.now());
    this.#revision = new Leased(revisionLeaseMs, () =>
      this.#either(
        () => redis.revision(),
        () => this.#memory.revision(),
      ),
    );
  }

  /** Whether it makes sense to ask Redis now: it has not failed just before. */
  get reachable(): boolean {
    return this.#awayUntil <= Date.now();
  }

  read(names: readonly CellName[]): Promise<Readings> {
    const id = names.map(({ connection, what }) => `${connection}\n${what}`).join('\n\n');
    const shared = this.#reads.get(id) ?? new Coalesced(() => this.#read(names));
    this.#reads.set(id, shared);
    return shared.run();
  }

  begin(name: CellName, terms: LeaseTerms): Promise<Lease | null> {
    return this.#either(
      () => this.#redis.begin(name, terms),
      () => this.#memory.begin(name, terms),
    );
  }

  renew(name: CellName, lease: Lease, leaseMs: number): Promise<boolean> {
    if (this.#memory.holds(name, lease)) return this.#memory.renew(name, lease, leaseMs);
    return this.#either(
      () => this.#redis.renew(name, lease, leaseMs),
      // A walk goes on while Redis is away: its result is good for this process at least.
      () => Promise.resolve(true),
    );
  }

  commit(name: CellName, lease: Lease, value: Buffer, keepMs: number): Promise<boolean> {
    const memory = (): Promise<boolean> => this.#memory.commit(name, lease, value);
    return this.#changing(() =>
      this.#memory.holds(name, lease)
        ? memory()
        : this.#either(() => this.#redis.commit(name, lease, value, keepMs), memory),
    );
  }

  fail(name: CellName, lease: Lease, problem: WalkProblem): Promise<void> {
    const memory = (): Promise<void> => this.#memory.fail(name, lease, problem);
    return this.#changing(() =>
      this.#memory.holds(name, lease)
        ? memory()
        : this.#either(() => this.#redis.fail(name, lease, problem), memory),
    );
  }

  /** @throws StoreUnavailableError when Redis is away: a mark that other replicas cannot see is none */
  async mark(connection: string): Promise<void> {
    // Here it counts in any case, should Redis go away before it is read there.
    await this.#memory.mark(connection);
    try {
      await inTime(this.#redis.mark(connection), this.#patience.timeoutMs);
    } catch (cause) {
      throw new StoreUnavailableError(
        'Redis cannot be reached, so other replicas cannot be told.',
        { cause },
      );
    }
    await this.#revision.settled();
  }

  now(): number {
    return this.#redis.now();
  }

  /** As it stood 20 ms ago at most: a mark waits for so long, so that nobody misses one that was set. */
  revision(): Promise<string> {
    return this.#revision.get();
  }

  /** The same without waiting; undefined when it has to be read. */
  get knownRevision(): string | undefined {
    return this.#revision.known;
  }

  #read(names: readonly CellName[]): Promise<Readings> {
    return this.#either(
      async () => {
        const { cells, now } = await this.#redis.read(names);
        const pairs = names.flatMap((name, index) => {
          const cell = cells[index];
          return cell === undefined ? [] : [this.#memory.takeOver(name, cell)];
        });
        return { cells: pairs, now };
      },
      () => this.#memory.read(names),
    );
  }

  /** Who has changed a cell here sees that here at once. */
  async #changing<T>(change: () => Promise<T>): Promise<T> {
    try {
      return await change();
    } finally {
      this.#revision.drop();
    }
  }

  async #either<T>(redis: () => Promise<T>, memory: () => Promise<T>): Promise<T> {
    if (!this.reachable) return memory();
    try {
      return await inTime(redis(), this.#patience.timeoutMs);
    } catch (error) {
      // One that answers, if only that it takes no more, costs nobody any time.
      if (!(error instanceof ReplyError)) this.#awayUntil = Date.now() + this.#patience.pauseMs;
      this.#warn(error);
      return memory();
    }
  }

  #warn(error: unknown): void {
    if (this.#warnedAt + warnEveryMs > Date.now()) return;
    this.#warnedAt = Date.now();
    this.#log.warn({ reason: String(error) }, 'The catalogue goes on from memory: Redis failed');
  }
}
