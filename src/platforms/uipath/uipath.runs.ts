import type { RunsPart } from '../../domain/adapter.ts';
import { decodeKey } from '../../domain/ids.ts';
import { fromEpochMs, type Instant } from '../../domain/instant.ts';
import type { RunRecord, RunRef, Sightings, WholeRun } from '../../domain/run.ts';
import { remainingMs } from '../../timing/deadline.ts';
import { isOfSome, readEach } from '../many-runs.ts';
import { UipathJobPages } from './uipath.job-pages.ts';
import { isGuid, isNumber } from './uipath.key.ts';
import type { UipathOutputs } from './uipath.outputs.ts';
import { nativeIdOf, toRun, wholeNative } from './uipath.run-mapper.ts';
import type { UipathRunsClient } from './uipath.runs-client.ts';
import type { JobWire } from './uipath.wire.ts';

/** More keys make an address that proxies refuse; both official SDKs stop here. */
const mostKeys = 50;
/** Jobs, or outputs of theirs, that are read one by one, at once. */
const oneByOne = 4;
/** So much of the time of a look is left to the files of the runs that it has met. */
const restForFiles = 0.25;
/** From so many calls by keys on, walking the time in which the runs began may take fewer. */
const manyCalls = 3;
/** Clocks that differ by more would not let anybody sign in. */
const clockSlackMs = 15 * 60_000;

/** A stretch of time in ms since 1970; `until` null is open. */
export interface Window {
  readonly from: number;
  readonly until: number | null;
}

/** A run whose output lies in a file. */
interface Filed {
  readonly nativeId: string;
  readonly run: RunRecord;
  readonly wire: JobWire;
}

/** A look at many runs. */
interface Look {
  readonly signal: AbortSignal;
  /** Those that it has met, and whose files are still to be read. */
  readonly filed: Filed[];
}

/** Runs: the jobs of the connection's folder. */
export class UipathRuns implements RunsPart {
  readonly #client: UipathRunsClient;
  readonly #pages: UipathJobPages;
  readonly #outputs: UipathOutputs;

  constructor(client: UipathRunsClient, outputs: UipathOutputs) {
    this.#client = client;
    this.#pages = new UipathJobPages(client);
    this.#outputs = outputs;
  }

  /** By key, or by the number that the platform's pages show. */
  async find(nativeId: string, signal: AbortSignal): Promise<JobWire | null> {
    const [id = '', ...more] = decodeKey(nativeId);
    if (more.length > 0) return null;
    if (isGuid(id)) return this.#client.getJobByKey(id, signal);
    return isNumber(id) ? this.#client.getJob(id, signal) : null;
  }

  async get(nativeId: string, signal: AbortSignal): Promise<WholeRun | null> {
    const wire = await this.find(nativeId, signal);
    if (wire === null) return null;
    const run = await this.#outputs.with(toRun(wire, null), wire, signal);
    return { ...run, whole: wholeNative(wire) };
  }

  async *getMany(runs: readonly RunRef[], signal: AbortSignal): AsyncGenerator<Sightings> {
    const left = new Map(runs.filter(({ nativeId }) => isGuid(nativeId)).map(byKey));
    yield new Map(runs.filter((ref) => !isGuid(ref.nativeId)).map((ref) => [ref.nativeId, null]));
    const look: Look = { signal, filed: [] };
    const forFilesMs = remainingMs(signal) * restForFiles;
    try {
      for await (const wires of this.#walkTogether([...left.values()], signal))
        yield this.#taken(wires, left, look);
    } catch (error) {
      // What the walk has not met is asked for by its keys.
      if (!isOfSome(error)) throw error;
    }
    const refs = [...left.values()];
    for (let at = 0; at < refs.length; at += mostKeys) {
      if (look.filed.length > 0 && remainingMs(signal) < forFilesMs) break;
      yield* this.#byKeys(refs.slice(at, at + mostKeys), look);
    }
    // However long the files of some take, all others are told by now.
    const read = ({ run, wire }: Filed): Promise<RunRecord> =>
      this.#outputs.with(run, wire, signal);
    yield* readEach(look.filed, read, { concurrency: oneByOne, signal });
  }

  /** In one call; where that cannot be read, because of one of them, one by one. */
  async *#byKeys(refs: readonly RunRef[], look: Look): AsyncGenerator<Sightings> {
    const { signal } = look;
    const left = new Map(refs.map(byKey));
    const $filter = `Key in (${[...left.keys()].map((key) => `'${key}'`).join(',')})`;
    try {
      const { items } = await this.#pages.list({ $filter, top: left.size, payer: 'whole' }, signal);
      const found = this.#taken(items, left, look);
      yield new Map([
        ...found,
        ...[...left.values()].map(({ nativeId }) => [nativeId, null] as const),
      ]);
    } catch (error) {
      if (!isOfSome(error)) throw error;
      const read = async ({ nativeId, process }: RunRef): Promise<RunRecord | null> => {
        const wire = await this.#client.getJobByKey(nativeId.toLowerCase(), signal);
        return wire === null ? null : this.#outputs.with(toRun(wire, process), wire, signal);
      };
      yield* readEach(refs, read, { concurrency: oneByOne, signal });
    }
  }

  /** The runs that are among these jobs and need no file; all of them are taken out of those that are wanted. */
  #taken(wires: readonly JobWire[], wanted: Map<string, RunRef>, { filed }: Look): Sightings {
    const shown = new Map<string, RunRecord>();
    for (const wire of wires) {
      const key = nativeIdOf(wire);
      const ref = wanted.get(key);
      if (ref === undefined) continue;
      const run = toRun(wire, ref.process);
      if (this.#outputs.isFiled(run, wire)) filed.push({ nativeId: ref.nativeId, run, wire });
      else shown.set(ref.nativeId, run);
      wanted.delete(key);
    }
    return shown;
  }

  async since(
    createdAfter: Instant,
    signal: AbortSignal,
    createdBefore: Instant | null = null,
  ): Promise<readonly RunRecord[]> {
    const runs: RunRecord[] = [];
    const until = createdBefore === null ? '' : ` and CreationTime le ${createdBefore}`;
    const $filter = `CreationTime ge ${createdAfter}${until}`;
    for await (const { items } of this.#pages.walk($filter, 'callers', signal))
      runs.push(...items.map((wire) => toRun(wire, null)));
    return runs;
  }

  /** Every job that was made in a stretch of time by whichever clock, each page of it. */
  async window({ from, until }: Window, signal: AbortSignal): Promise<JobWire[]> {
    const jobs: JobWire[] = [];
    for await (const { items } of this.#pages.walk(createdIn({ from, until }), 'whole', signal))
      jobs.push(...items);
    return jobs;
  }

  /** Reads many runs by the time in which they were created, where that takes fewer calls than their keys. */
  async *#walkTogether(
    refs: readonly RunRef[],
    signal: AbortSignal,
  ): AsyncGenerator<readonly JobWire[]> {
    const calls = Math.ceil(refs.length / mostKeys);
    const created = refs.map(({ createdAt }) => Date.parse(createdAt ?? '')).sort((a, b) => a - b);
    if (calls < manyCalls || created.some(Number.isNaN)) return;
    const window = { from: walkedFrom(created), until: created.at(-1) ?? 0 };
    let isFirst = true;
    for await (const { items, total } of this.#pages.walk(createdIn(window), 'whole', signal)) {
      const pages = total === null ? Number.POSITIVE_INFINITY : total / Math.max(items.length, 1);
      yield items;
      if (isFirst && pages >= calls) return;
      isFirst = false;
    }
  }
}

function byKey(ref: RunRef): [string, RunRef] {
  return [ref.nativeId.toLowerCase(), ref];
}

/**
 * Where a walk that is to meet runs begins, of their times in order. A few that began long before the others are left to
 * one call by their keys: the walk would meet everything that lies between.
 */
function walkedFrom(created: readonly number[]): number {
  const [oldest = 0] = created;
  const later = created[mostKeys] ?? oldest;
  const widthFrom = (from: number): number => (created.at(-1) ?? 0) - from + 2 * clockSlackMs;
  return widthFrom(later) < widthFrom(oldest) / 2 ? later : oldest;
}

/** A filter for what was created in a stretch of time by whichever clock. */
function createdIn({ from, until }: Window): string {
  const since = `CreationTime ge ${instantOf(from - clockSlackMs)}`;
  return until === null ? since : `${since} and CreationTime le ${instantOf(until + clockSlackMs)}`;
}

function instantOf(ms: number): Instant {
  return fromEpochMs(ms) ?? new Date(0).toISOString();
}
