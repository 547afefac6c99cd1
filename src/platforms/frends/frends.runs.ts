import pMap from 'p-map';
import type { RunsPart } from '../../domain/adapter.ts';
import { fromEpochMs, type Instant, toInstant } from '../../domain/instant.ts';
import type { RunRecord, RunRef, Sightings, WholeRun } from '../../domain/run.ts';
import { listedFirst, readEach } from '../many-runs.ts';
import { uniqueBy } from '../unique.ts';
import type { FrendsClient } from './frends.client.ts';
import type { FrendsConfig } from './frends.config.ts';
import { isGuid } from './frends.lineage.ts';
import { type RunPlace, runPlaceOf, toRun, wholeNative } from './frends.run-mapper.ts';
import type { InstanceDetailsWire } from './frends.run-wire.ts';
import type { FrendsRunsClient, InstanceQuery } from './frends.runs-client.ts';

/** So many are asked for one by one; a list would not be cheaper. */
const fewRuns = 2;
/** Runs older than this are asked for one by one: a list back to them would be long. In ms. */
const longestWindowMs = 6 * 3_600_000;
/** How far clocks may be apart, in ms. */
const slackMs = 60_000;
/** Nobody documents whether the end of a window is of the beginnings or the ends of runs. In ms. */
const longestRunMs = 24 * 3_600_000;
/** How long a list of agent groups is good, in ms. */
const keepMs = 5 * 60_000;
/** So many processes narrow a list; more would make the URL too long for proxies. */
const mostGuids = 50;

type PlacedRef = RunRef & RunPlace;

/** Instances of Frends, as they can be read: per agent group, for there is no list of all. */
export class FrendsRuns implements RunsPart {
  readonly #client: FrendsClient;
  readonly #runs: FrendsRunsClient;
  readonly #concurrency: number;
  #groups: { readonly at: number; readonly ids: readonly string[] } | null = null;

  constructor(
    client: FrendsClient,
    runs: FrendsRunsClient,
    { concurrency }: Pick<FrendsConfig, 'concurrency'>,
  ) {
    this.#client = client;
    this.#runs = runs;
    this.#concurrency = concurrency;
  }

  async get(nativeId: string, signal: AbortSignal): Promise<WholeRun | null> {
    const place = runPlaceOf(nativeId);
    const wire = place === null ? null : await this.#details(place, signal);
    if (place === null || wire === null) return null;
    return { ...toRun(place.agentGroupId, wire), whole: wholeNative(wire) };
  }

  async *getMany(runs: readonly RunRef[], signal: AbortSignal): AsyncGenerator<Sightings> {
    const placed = runs.flatMap((run) => {
      const place = runPlaceOf(run.nativeId);
      return place === null ? [] : [{ ...run, ...place }];
    });
    const wanted = new Set(runs.map(({ nativeId }) => nativeId));
    const inGroup = (group: string): Promise<readonly RunRecord[]> =>
      this.#inList(
        group,
        placed.filter((run) => run.agentGroupId === group),
        signal,
      );
    const groups = new Set(placed.map((run) => run.agentGroupId));
    const listed = await pMap(groups, inGroup, { concurrency: this.#concurrency });
    const shown = listed.flat().filter((run) => wanted.has(run.nativeId));
    const sighted = new Map(shown.map((run) => [run.nativeId, run]));
    yield sighted;
    const read = (ref: RunRef): Promise<RunRecord | null> => this.#one(ref.nativeId, signal);
    const left = runs.filter(({ nativeId }) => !sighted.has(nativeId));
    yield* readEach(left, read, { concurrency: this.#concurrency, signal });
  }

  async since(
    createdAfter: Instant,
    signal: AbortSignal,
    createdBefore: Instant | null = null,
  ): Promise<readonly RunRecord[]> {
    const endTime =
      createdBefore === null ? null : fromEpochMs(Date.parse(createdBefore) + longestRunMs);
    const found = await pMap(
      await this.#agentGroups(signal),
      (group) =>
        this.#listed(group, { processGuids: [], startTime: createdAfter, endTime }, signal),
      { concurrency: this.#concurrency },
    );
    const isMeant = ({ startedAt }: RunRecord): boolean =>
      createdBefore === null || startedAt === null || startedAt <= createdBefore;
    return uniqueBy(found.flat().filter(isMeant), (run) => run.nativeId);
  }

  /** What a list shows of a group, where it is not cheaper to ask for them one by one. */
  async #inList(
    group: string,
    refs: readonly PlacedRef[],
    signal: AbortSignal,
  ): Promise<readonly RunRecord[]> {
    const window = refs.length > fewRuns ? windowOf(refs) : null;
    if (window === null) return [];
    return listedFirst((until) => this.#listed(group, window, until), [], signal);
  }

  async #listed(
    group: string,
    query: InstanceQuery,
    signal: AbortSignal,
  ): Promise<readonly RunRecord[]> {
    const wires = await this.#runs.listInstances(group, query, signal);
    return wires
      .filter((wire) => (toInstant(wire.startTimeUtc) ?? query.startTime) >= query.startTime)
      .map((wire) => toRun(group, wire));
  }

  async #one(nativeId: string, signal: AbortSignal): Promise<RunRecord | null> {
    const place = runPlaceOf(nativeId);
    const wire = place === null ? null : await this.#details(place, signal);
    return place === null || wire === null ? null : toRun(place.agentGroupId, wire);
  }

  async #details(
    { agentGroupId, executionId }: RunPlace,
    signal: AbortSignal,
  ): Promise<InstanceDetailsWire | null> {
    const wire = await this.#runs.getInstance(agentGroupId, executionId, signal);
    return wire?.executionId === executionId ? wire : null;
  }

  async #agentGroups(signal: AbortSignal): Promise<readonly string[]> {
    if (this.#groups === null || Date.now() - this.#groups.at >= keepMs) {
      const at = Date.now();
      this.#groups = { at, ids: await this.#readAgentGroups(signal) };
    }
    return this.#groups.ids;
  }

  async #readAgentGroups(signal: AbortSignal): Promise<readonly string[]> {
    const environments = await this.#client.listEnvironments(signal);
    const groups = await pMap(
      environments,
      (environment) => this.#client.listAgentGroups(environment.id, signal),
      { concurrency: this.#concurrency },
    );
    return [...new Set(groups.flat().map((group) => String(group.id)))];
  }
}

/** What shows the younger ones of these runs; null when all are old, or nobody knows how old. */
function windowOf(refs: readonly RunRef[]): InstanceQuery | null {
  const oldest = Date.now() - longestWindowMs;
  const created = refs
    .map((run) => (run.createdAt === null ? Number.NaN : Date.parse(run.createdAt)))
    .filter((at) => at >= oldest);
  const startTime = created.length === 0 ? null : fromEpochMs(Math.min(...created) - slackMs);
  if (startTime === null) return null;
  const processes = [...new Set(refs.map((run) => run.process ?? ''))];
  const isNarrow = processes.every(isGuid) && processes.length <= mostGuids;
  return { processGuids: isNarrow ? processes : [], startTime, endTime: null };
}
