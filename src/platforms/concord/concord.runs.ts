import pMap from 'p-map';
import type { RunsPart } from '../../domain/adapter.ts';
import { fromEpochMs, type Instant } from '../../domain/instant.ts';
import type { RunRecord, RunRef, Sightings, WholeRun } from '../../domain/run.ts';
import type { UpstreamQuery } from '../../upstream/upstream-call.ts';
import { listedFirst, readEach } from '../many-runs.ts';
import { isRunId } from './concord.key.ts';
import { wholeRunNative } from './concord.native.ts';
import type { ConcordRunClient } from './concord.run-client.ts';
import { isOwnRun, statusOf, toRunRecord } from './concord.run-mapper.ts';
import { ConcordRunLists } from './concord.run-lists.ts';
import { runPages } from './concord.run-pages.ts';
import type { ConcordScope } from './concord.scope.ts';
import type { WaitingForms } from './concord.waiting-forms.ts';
import type { RunWire } from './concord.wire.ts';

/** The server lends ten connections to its database, to everybody together. */
const mostAtOnce = 5;

/** The runs of a connection, as they can be read. */
export class ConcordRuns implements RunsPart {
  readonly #client: ConcordRunClient;
  readonly #lists: ConcordRunLists;
  readonly #scope: ConcordScope;
  readonly #forms: WaitingForms;
  readonly #atOnce: { readonly concurrency: number };

  constructor(
    client: ConcordRunClient,
    scope: ConcordScope,
    forms: WaitingForms,
    concurrency: number,
  ) {
    this.#client = client;
    this.#lists = new ConcordRunLists(client);
    this.#scope = scope;
    this.#forms = forms;
    this.#atOnce = { concurrency: Math.min(concurrency, mostAtOnce) };
  }

  async get(nativeId: string, signal: AbortSignal): Promise<WholeRun | null> {
    if (!isRunId(nativeId)) return null;
    const include = ['history', 'checkpoints', 'childrenIds'];
    const run = await this.#client.getRun(nativeId, include, signal);
    if (run === null || !this.#scope.owns(run)) return null;
    const record = toRunRecord(run, await this.#forms.pageOf(run, signal));
    return { ...record, whole: wholeRunNative(run) };
  }

  /** Nothing reads several by their ids: those of one project come from its list, the others one by one. */
  async *getMany(runs: readonly RunRef[], signal: AbortSignal): AsyncGenerator<Sightings> {
    const listed = new Map<string, RunWire>();
    const list = (until: AbortSignal): Promise<void> =>
      this.#lists.find(runs, listed, { ...this.#atOnce, signal: until });
    await listedFirst(list, undefined, signal);
    // Nothing more has to be asked of those that wait for nobody.
    const known = [...listed.values()].filter((run) => statusOf(run) !== 'suspended');
    const shown = await this.#records(known, signal);
    const sighted = new Map(shown.map((run) => [run.nativeId, run]));
    yield sighted;
    const left = runs.filter(({ nativeId }) => !sighted.has(nativeId));
    yield* readEach(left, (ref) => this.#oneOf(ref, listed, signal), { ...this.#atOnce, signal });
  }

  async #oneOf(
    { nativeId }: RunRef,
    listed: ReadonlyMap<string, RunWire>,
    signal: AbortSignal,
  ): Promise<RunRecord | null> {
    const id = nativeId.toLowerCase();
    if (!isRunId(id)) return null;
    const run = listed.get(id) ?? (await this.#client.getRun(id, [], signal));
    if (run === null) return null;
    this.#lists.learn(run);
    const [record = null] = await this.#records([run], signal);
    return record;
  }

  async since(
    createdAfter: Instant,
    signal: AbortSignal,
    createdBefore: Instant | null = null,
  ): Promise<readonly RunRecord[]> {
    // The server leaves out what was created at that very moment, on either side.
    const afterCreatedAt = fromEpochMs(Date.parse(createdAfter) - 1);
    const beforeCreatedAt =
      createdBefore === null ? null : fromEpochMs(Date.parse(createdBefore) + 1);
    const found = new Map<string, RunWire>();
    for (const orgName of this.#scope.organizations) {
      const query: UpstreamQuery = { orgName, afterCreatedAt, beforeCreatedAt };
      for await (const page of runPages(this.#client, query, signal))
        for (const run of page) found.set(run.instanceId, run);
    }
    return this.#records([...found.values()].filter(isOwnRun), signal);
  }

  async #records(runs: readonly RunWire[], signal: AbortSignal): Promise<readonly RunRecord[]> {
    return pMap(
      runs.filter((run) => this.#scope.owns(run)),
      async (run) => toRunRecord(run, await this.#forms.pageOf(run, signal)),
      this.#atOnce,
    );
  }
}
