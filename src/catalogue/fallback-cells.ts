import { StoreUnavailableError } from '../domain/errors.ts';
import type { Log } from '../telemetry/log.ts';
import type { Cell, CellName, CellStore, Lease, WalkProblem } from './cell.ts';
import { MemoryCells } from './memory-cells.ts';

/** After a failure nobody asks Redis again for so long: a hung one would cost every request its timeout. */
const pauseMs = 1_000;

/**
 * Cells in Redis, and in this process's memory while Redis is away. What is walked then stays here; what Redis knows
 * counts again as soon as it is back.
 */
export class FallbackCells implements CellStore {
  readonly #redis: CellStore;
  readonly #log: Log;
  readonly #memory = new MemoryCells();
  #awayUntil = 0;

  constructor(redis: CellStore, log: Log) {
    this.#redis = redis;
    this.#log = log;
  }

  /** Whether Redis answered when it was last asked. */
  get reachable(): boolean {
    return this.#awayUntil <= Date.now();
  }

  async read(names: readonly CellName[]): Promise<{ cells: readonly Cell[]; now: number }> {
    return this.#either(
      async () => {
        const answer = await this.#redis.read(names);
        for (const [index, name] of names.entries()) {
          const cell = answer.cells[index];
          if (cell !== undefined) this.#memory.remember(name, cell);
        }
        return answer;
      },
      () => this.#memory.read(names),
    );
  }

  begin(name: CellName, leaseMs: number, apartMs: number): Promise<Lease | null> {
    return this.#either(
      () => this.#redis.begin(name, leaseMs, apartMs),
      () => this.#memory.begin(name, leaseMs, apartMs),
    );
  }

  renew(name: CellName, lease: Lease, leaseMs: number): Promise<boolean> {
    return this.#either(
      () => this.#redis.renew(name, lease, leaseMs),
      // A walk goes on while Redis is away: its result is good for this process at least.
      () => Promise.resolve(true),
    );
  }

  commit(name: CellName, lease: Lease, value: Buffer, keepMs: number): Promise<boolean> {
    return this.#either(
      () => this.#redis.commit(name, lease, value, keepMs),
      () => this.#memory.commit(name, lease, value),
    );
  }

  fail(name: CellName, lease: Lease, problem: WalkProblem, keepMs: number): Promise<void> {
    return this.#either(
      () => this.#redis.fail(name, lease, problem, keepMs),
      () => this.#memory.fail(name, lease, problem),
    );
  }

  /** @throws StoreUnavailableError when Redis is away: a mark that other replicas cannot see is none */
  async mark(connection: string): Promise<void> {
    try {
      await this.#redis.mark(connection);
    } catch (cause) {
      throw new StoreUnavailableError(
        'Redis cannot be reached, so other replicas cannot be told.',
        { cause },
      );
    }
  }

  now(): number {
    return this.reachable ? this.#redis.now() : this.#memory.now();
  }

  revision(): Promise<string> {
    return this.#either(
      () => this.#redis.revision(),
      () => this.#memory.revision(),
    );
  }

  async #either<T>(redis: () => Promise<T>, memory: () => Promise<T>): Promise<T> {
    if (!this.reachable) return memory();
    try {
      return await redis();
    } catch (error) {
      this.#awayUntil = Date.now() + pauseMs;
      this.#log.warn({ reason: String(error) }, 'The catalogue goes on from memory: Redis failed');
      return memory();
    }
  }
}
