import type { RunsPart } from '../../domain/adapter.ts';
import { UpstreamContractError } from '../../domain/errors.ts';
import { encodeKey } from '../../domain/ids.ts';
import type { Instant } from '../../domain/instant.ts';
import {
  isEnd,
  type RunRecord,
  type RunRef,
  type Sightings,
  type WholeRun,
} from '../../domain/run.ts';
import { listedFirst, readEach } from '../many-runs.ts';
import type { OdslClient } from './odsl.client.ts';
import type { OdslConfig } from './odsl.config.ts';
import { idOf } from './odsl.key.ts';
import { ProcessKeys } from './odsl.process-keys.ts';
import { statusOf, toRun, wholeNative } from './odsl.run-mapper.ts';
import { type ExecutionLists, executionsIn, nativeIdOf } from './odsl.window.ts';
import type { ExecutionWire } from './odsl.wire.ts';

/** So many are asked for one by one; a list would not be cheaper. */
const fewRuns = 2;
/** Runs older than this are asked for one by one: a list back to them would be long. In ms. */
const longestWindowMs = 6 * 3_600_000;
/** How far clocks may be apart, in ms. */
const slackMs = 60_000;
const dayMs = 86_400_000;

/** Executions of OpenDataDSL, as they can be read. */
export class OdslRuns implements RunsPart {
  readonly #client: OdslClient;
  readonly #lists: ExecutionLists;
  readonly #keys: ProcessKeys;
  readonly #concurrency: number;

  constructor(
    client: OdslClient,
    { concurrency }: Pick<OdslConfig, 'concurrency'>,
    lists: ExecutionLists,
  ) {
    this.#client = client;
    this.#lists = lists;
    this.#keys = new ProcessKeys(client);
    this.#concurrency = concurrency;
  }

  async get(nativeId: string, signal: AbortSignal): Promise<WholeRun | null> {
    const wire = await this.#one(nativeId, signal);
    if (wire === null) return null;
    const [record = null] = await this.#records([wire], signal);
    return record === null ? null : { ...record, whole: wholeNative(wire) };
  }

  /** Those that still run are told as a list shows them, all others are read alone. */
  async *getMany(runs: readonly RunRef[], signal: AbortSignal): AsyncGenerator<Sightings> {
    const wanted = new Set(runs.map(({ nativeId }) => nativeId));
    const wires =
      runs.length > fewRuns
        ? await listedFirst((until) => this.#listed(runs, until), [], signal)
        : [];
    const listed = new Map(wires.map((wire) => [nativeIdOf(wire), wire]));
    const open = wires.filter((wire) => wanted.has(nativeIdOf(wire)) && !isEnd(statusOf(wire)));
    const shown = await this.#records(open, signal);
    const sighted = new Map(shown.map((run) => [run.nativeId, run]));
    yield sighted;
    const read = async ({ nativeId }: RunRef): Promise<RunRecord | null> => {
      const wire = await this.#whole(nativeId, listed.get(nativeId) ?? null, signal);
      const [record = null] = wire === null ? [] : await this.#records([wire], signal);
      return record;
    };
    const left = runs.filter(({ nativeId }) => !sighted.has(nativeId));
    yield* readEach(left, read, { concurrency: this.#concurrency, signal });
  }

  async since(
    createdAfter: Instant,
    signal: AbortSignal,
    createdBefore: Instant | null = null,
  ): Promise<readonly RunRecord[]> {
    const from = Date.parse(createdAfter);
    const until = createdBefore === null ? Date.now() + dayMs : Date.parse(createdBefore);
    const window = { from, until, whole: false };
    return this.#records(
      await executionsIn(this.#lists, window, { concurrency: this.#concurrency, signal }),
      signal,
    );
  }

  /** What a list shows of the younger ones. */
  async #listed(runs: readonly RunRef[], signal: AbortSignal): Promise<readonly ExecutionWire[]> {
    const oldest = Date.now() - longestWindowMs;
    const created = runs
      .map((run) => (run.createdAt === null ? Number.NaN : Date.parse(run.createdAt)))
      .filter((at) => at >= oldest);
    if (created.length === 0) return [];
    const window = {
      from: Math.min(...created) - slackMs,
      until: Date.now() + dayMs,
      whole: false,
    };
    return executionsIn(this.#lists, window, { concurrency: this.#concurrency, signal });
  }

  /** A run that has ended is read alone, once: why it failed and what it gave stand nowhere else. */
  async #whole(
    nativeId: string,
    listed: ExecutionWire | null,
    signal: AbortSignal,
  ): Promise<ExecutionWire | null> {
    try {
      return (await this.#one(nativeId, signal)) ?? listed;
    } catch (error) {
      // One that has loaded so much that it cannot be read has still ended.
      if (listed !== null && error instanceof UpstreamContractError) return listed;
      throw error;
    }
  }

  async #one(nativeId: string, signal: AbortSignal): Promise<ExecutionWire | null> {
    const id = idOf(nativeId);
    const wire = id === null ? null : await this.#client.getExecution(id, signal);
    return wire !== null && encodeKey([wire._id]) === nativeId ? wire : null;
  }

  async #records(
    wires: readonly ExecutionWire[],
    signal: AbortSignal,
  ): Promise<readonly RunRecord[]> {
    const names = new Set(wires.flatMap(({ name }) => name ?? []));
    if (names.size === 0) return wires.map((wire) => toRun(wire, null));
    const keys = await this.#keys.of(names, signal);
    return wires.map((wire) => toRun(wire, keys.get(wire.name ?? '') ?? null));
  }
}
