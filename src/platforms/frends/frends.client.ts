import type { Readable } from 'node:stream';
import pMap from 'p-map';
import { UpstreamContractError } from '../../domain/errors.ts';
import { path } from '../../upstream/path.ts';
import type { UpstreamAnswer, UpstreamQuery } from '../../upstream/upstream-call.ts';
import type { UpstreamClient } from '../../upstream/upstream-client.ts';
import { walkPages, type WalkTerms } from '../../upstream/walk.ts';
import type { FrendsConfig } from './frends.config.ts';
import {
  deploymentListWire,
  type DeploymentWire,
  documentWire,
  type DocumentWire,
  placeListWire,
  type PlaceWire,
  processEnvelopeWire,
  type ProcessListItemWire,
  processListWire,
  type ProcessWire,
  tagsWire,
} from './frends.wire.ts';
import { startsAsJson } from './json-start.ts';

/** The tags of so many processes are asked for at once: more would make the URL too long for proxies. */
const tagsBatch = 50;

/** For a whole export on its way: the platform gathers it first, and nobody keeps it here. */
const exportTimeoutMs = 5 * 60_000;
/** In bytes; exports stream through, and nothing of them is kept. */
const largestExport = 2 * 1_024 ** 3;

/** The Platform API of Frends, one method per call; lists are walked to their end. */
export class FrendsClient {
  readonly #http: UpstreamClient;
  readonly #pageSize: number;
  readonly #concurrency: number;

  constructor(
    http: UpstreamClient,
    { pageSize, concurrency }: Pick<FrendsConfig, 'pageSize' | 'concurrency'>,
  ) {
    this.#http = http;
    this.#pageSize = pageSize;
    this.#concurrency = concurrency;
  }

  /** Every version of every process, or of the one with this GUID; `seen` is told each page as it comes, some perhaps again. */
  async listProcesses(
    processGuid: string | null,
    signal: AbortSignal,
    seen?: (wires: readonly ProcessListItemWire[]) => void,
  ): Promise<ProcessListItemWire[]> {
    const path = '/api/v1/processes';
    return walkPages({
      ...this.#walk,
      keyOf: (wire) => String(wire.id),
      fetch: async (_offset, index) => {
        const query = { ...this.#page(index), processGuid };
        const answer = await this.#http.json(processListWire, { path, query, signal });
        const items = answer?.body.data ?? [];
        seen?.(items);
        return { items, total: answer?.body.paging?.totalCount ?? null };
      },
    });
  }

  async getProcess(
    guid: string,
    version: number,
    signal: AbortSignal,
  ): Promise<ProcessWire | null> {
    return this.#process(path`/api/v1/processes/${guid}/versions/${version}`, signal);
  }

  async getProcessById(id: string, signal: AbortSignal): Promise<ProcessWire | null> {
    return this.#process(path`/api/v1/processes/${id}`, signal);
  }

  async exportProcess(
    guid: string,
    version: number,
    signal: AbortSignal,
  ): Promise<UpstreamAnswer<Readable> | null> {
    return this.#file(path`/api/v1/processes/${guid}/versions/${version}/export`, signal);
  }

  async exportProcessById(
    id: number,
    signal: AbortSignal,
  ): Promise<UpstreamAnswer<Readable> | null> {
    return this.#file(path`/api/v1/processes/${id}/export`, signal);
  }

  /** Several versions, by their ids, in one file. */
  async exportProcesses(
    ids: readonly number[],
    signal: AbortSignal,
  ): Promise<UpstreamAnswer<Readable> | null> {
    return this.#file('/api/v1/processes/batch-export', signal, { ids });
  }

  /** Every deployment, or those of the process with this GUID. */
  async listDeployments(
    processGuid: string | null,
    signal: AbortSignal,
  ): Promise<DeploymentWire[]> {
    const path = '/api/v1/process-deployments';
    return walkPages({
      ...this.#walk,
      keyOf: (wire) => String(wire.deploymentId),
      fetch: async (_offset, index) => {
        const query = { ...this.#page(index), processGuid };
        const answer = await this.#http.json(deploymentListWire, { path, query, signal });
        return { items: answer?.body.data ?? [], total: answer?.body.paging?.totalCount ?? null };
      },
    });
  }

  /** Tags by GUID in lower case; empty where the tenant's release has no such call. */
  async tagsOf(
    guids: readonly string[],
    signal: AbortSignal,
  ): Promise<ReadonlyMap<string, readonly string[]>> {
    const batches = Array.from({ length: Math.ceil(guids.length / tagsBatch) }, (_, index) =>
      guids.slice(index * tagsBatch, (index + 1) * tagsBatch),
    );
    const ask = async (batch: readonly string[]): Promise<(readonly [string, string[]])[]> => {
      const query = { elementIdentifiers: batch };
      const call = { path: '/api/v1/tags', query, absent: [404], signal };
      const answer = await this.#http.json(tagsWire, call);
      return Object.entries(answer?.body.data ?? {}).map(([guid, tags]) => [
        guid.toLowerCase(),
        (tags ?? []).filter((tag) => typeof tag === 'string'),
      ]);
    };
    const found = await pMap(batches, ask, { concurrency: this.#concurrency });
    return new Map(found.flat());
  }

  async listEnvironments(signal: AbortSignal): Promise<readonly PlaceWire[]> {
    const answer = await this.#http.json(placeListWire, { path: '/api/v1/environments', signal });
    return answer?.body.data ?? [];
  }

  async listAgentGroups(environmentId: number, signal: AbortSignal): Promise<readonly PlaceWire[]> {
    const place = path`/api/v1/environments/${environmentId}/agent-groups`;
    const answer = await this.#http.json(placeListWire, { path: place, signal });
    return answer?.body.data ?? [];
  }

  /** What the tenant says of its own API; null where it keeps that to itself. */
  async document(signal: AbortSignal): Promise<DocumentWire | null> {
    const place = '/v1.0/swagger.json';
    const answer = await this.#http.json(documentWire, { path: place, absent: [404], signal });
    return answer?.body ?? null;
  }

  /** The smallest call that shows whether the tenant answers these credentials. */
  async probe(signal: AbortSignal): Promise<void> {
    const query = { PageNumber: 1, PageSize: 1 };
    await this.#http.json(processListWire, { path: '/api/v1/processes', query, signal });
  }

  get #walk(): WalkTerms {
    return { name: this.#http.name, concurrency: this.#concurrency, pageSize: this.#pageSize };
  }

  /** Pages are counted from 0 here and from 1 there. */
  #page(index: number): UpstreamQuery {
    return { PageNumber: index + 1, PageSize: this.#pageSize };
  }

  async #process(place: string, signal: AbortSignal): Promise<ProcessWire | null> {
    const answer = await this.#http.json(processEnvelopeWire, {
      path: place,
      absent: [404],
      signal,
    });
    return answer?.body.data ?? null;
  }

  async #file(
    place: string,
    signal: AbortSignal,
    query: UpstreamQuery = {},
  ): Promise<UpstreamAnswer<Readable> | null> {
    const answer = await this.#http.stream({
      path: place,
      query,
      absent: [404],
      signal,
      timeoutMs: exportTimeoutMs,
      maxBytes: largestExport,
    });
    if (answer === null) return answer;
    const type = answer.headers['content-type'] ?? 'no type';
    if (!/html/i.test(type) && (await startsAsJson(answer.body))) return answer;
    answer.body.destroy();
    const { connection, platform, title } = this.#http.name;
    throw new UpstreamContractError(
      `${title} (${connection}) answered GET ${place} with something that is no export (${type.slice(0, 80)}).`,
      { connection, platform, sent: 'maybe' },
    );
  }
}
