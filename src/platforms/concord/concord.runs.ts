import pMap from 'p-map';
import type { RunsPart } from '../../domain/adapter.ts';
import { fromEpochMs, type Instant } from '../../domain/instant.ts';
import type { RunRecord, RunRef } from '../../domain/run.ts';
import type { UpstreamQuery } from '../../upstream/upstream-call.ts';
import { unlessUnknown } from './concord.client.ts';
import { isRunId, placeOf } from './concord.key.ts';
import { slimRunNative, wholeRunNative } from './concord.native.ts';
import type { ConcordRunClient } from './concord.run-client.ts';
import { isOwnRun, toRunRecord } from './concord.run-mapper.ts';
import { runPages } from './concord.run-pages.ts';
import type { ConcordScope } from './concord.scope.ts';
import type { WaitingForms } from './concord.waiting-forms.ts';
import type { RunWire } from './concord.wire.ts';

/** The server lends ten connections to its database, to everybody together. */
const mostAtOnce = 5;
/** How far apart the clocks of gateway and server may be. */
const clockSkewMs = 5 * 60_000;

/** Runs of one project that are read together. */
interface Batch {
  readonly organization: string;
  readonly project: string;
  readonly since: number;
  readonly ids: ReadonlySet<string>;
}

/** The runs of a connection, as they can be read. */
export class ConcordRuns implements RunsPart {
  readonly #client: ConcordRunClient;
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
    this.#scope = scope;
    this.#forms = forms;
    this.#atOnce = { concurrency: Math.min(concurrency, mostAtOnce) };
  }

  async get(nativeId: string, signal: AbortSignal): Promise<RunRecord | null> {
    if (!isRunId(nativeId)) return null;
    const include = ['history', 'checkpoints', 'childrenIds'];
    const run = await this.#client.getRun(nativeId, include, signal);
    if (run === null || !this.#scope.owns(run)) return null;
    return toRunRecord(run, await this.#forms.pageOf(run, signal), wholeRunNative(run));
  }

  /** Nothing reads several by their ids: those of one project come from its list, the others one by one. */
  async getMany(runs: readonly RunRef[], signal: AbortSignal): Promise<readonly RunRecord[]> {
    const found = new Map<string, RunWire>();
    const batches = batchesOf(runs);
    const listed = await pMap(batches, (batch) => this.#inList(batch, signal), this.#atOnce);
    for (const run of listed.flat()) found.set(run.instanceId, run);
    const ids = new Set(runs.map(({ nativeId }) => nativeId.toLowerCase()).filter(isRunId));
    const missing = [...ids].filter((id) => !found.has(id));
    const single = await pMap(missing, (id) => this.#client.getRun(id, [], signal), this.#atOnce);
    for (const run of single) if (run !== null) found.set(run.instanceId, run);
    return this.#records([...found.values()], signal);
  }

  /** From the newest on, until all are found or another page would cost more than it saves. */
  async #inList(batch: Batch, signal: AbortSignal): Promise<RunWire[]> {
    const { organization, project, since, ids } = batch;
    const afterCreatedAt = fromEpochMs(since);
    const query = { orgName: organization, projectName: project, afterCreatedAt };
    const found = new Map<string, RunWire>();
    // A project that is gone has no list; its runs may still be read one by one.
    await unlessUnknown(async () => {
      for await (const page of runPages(this.#client, query, signal)) {
        const before = found.size;
        for (const run of page) if (ids.has(run.instanceId)) found.set(run.instanceId, run);
        if (found.size === ids.size || found.size - before < 2) break;
      }
      return null;
    });
    return [...found.values()];
  }

  async since(createdAfter: Instant, signal: AbortSignal): Promise<readonly RunRecord[]> {
    // The server leaves out what was created at that very moment.
    const afterCreatedAt = fromEpochMs(Date.parse(createdAfter) - 1);
    const found = new Map<string, RunWire>();
    for (const orgName of this.#scope.organizations) {
      const query: UpstreamQuery = { orgName, afterCreatedAt };
      for await (const page of runPages(this.#client, query, signal))
        for (const run of page) found.set(run.instanceId, run);
    }
    return this.#records([...found.values()].filter(isOwnRun), signal);
  }

  async #records(runs: readonly RunWire[], signal: AbortSignal): Promise<readonly RunRecord[]> {
    return pMap(
      runs.filter((run) => this.#scope.owns(run)),
      async (run) => toRunRecord(run, await this.#forms.pageOf(run, signal), slimRunNative(run)),
      this.#atOnce,
    );
  }
}

/** The runs of each project that has more than one among them, and whose age is known. */
function batchesOf(runs: readonly RunRef[]): Batch[] {
  const batches = new Map<string, Batch>();
  for (const { nativeId, process, createdAt } of runs) {
    const place = process === null ? null : placeOf(process);
    if (place === null || createdAt === null || !isRunId(nativeId)) continue;
    const { organization, project } = place;
    const key = `${organization}/${project}`;
    const since = Date.parse(createdAt) - clockSkewMs;
    const other = batches.get(key);
    batches.set(key, {
      organization,
      project,
      since: Math.min(other?.since ?? since, since),
      ids: new Set([...(other?.ids ?? []), nativeId.toLowerCase()]),
    });
  }
  return [...batches.values()].filter(({ ids }) => ids.size > 1);
}
