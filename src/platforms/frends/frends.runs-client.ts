import { UpstreamContractError } from '../../domain/errors.ts';
import type { Instant } from '../../domain/instant.ts';
import type { Departure } from '../../domain/write.ts';
import { path } from '../../upstream/path.ts';
import type { UpstreamClient } from '../../upstream/upstream-client.ts';
import { acceptanceOf } from '../acceptance.ts';
import type { FrendsConfig } from './frends.config.ts';
import {
  type InstanceDetailsWire,
  instanceEnvelopeWire,
  type InstancePageWire,
  instancePageWire,
  type InstanceWire,
} from './frends.run-wire.ts';

/** Which runs of an agent group are meant. */
export interface InstanceQuery {
  /** Runs of these processes only; of all when empty. */
  readonly processGuids: readonly string[];
  /** Those that began then or later. */
  readonly startTime: Instant;
  /** Those that began, or ended, by then; null: all. */
  readonly endTime: Instant | null;
}

/** The most that the API gives; a run is light, unlike the versions that `pageSize` of the connection is about. */
const pageSize = 200;
/** More than a week of any agent group has. */
const mostPages = 2_000;

/** The calls of the Platform API that runs need. */
export class FrendsRunsClient {
  readonly #http: UpstreamClient;
  readonly #timeoutMs: number;

  constructor(http: UpstreamClient, config: Pick<FrendsConfig, 'timeout'>) {
    this.#http = http;
    this.#timeoutMs = config.timeout;
  }

  /** Every run that is meant, newest first; none where there is no such agent group. */
  async listInstances(
    agentGroupId: string,
    query: InstanceQuery,
    signal: AbortSignal,
  ): Promise<InstanceWire[]> {
    const found: InstanceWire[] = [];
    const tokens = new Set<string>();
    for (let token: string | null = null; ; tokens.add(token)) {
      const page: InstancePageWire | null = await this.#page(agentGroupId, query, token, signal);
      found.push(...(page?.data ?? []));
      token = page?.nextContinuationToken ?? null;
      if (token === null || token === '') return found;
      if (tokens.has(token) || tokens.size >= mostPages) throw this.#endless(agentGroupId);
    }
  }

  async getInstance(
    agentGroupId: string,
    executionId: string,
    signal: AbortSignal,
  ): Promise<InstanceDetailsWire | null> {
    const answer = await this.#http.json(instanceEnvelopeWire, {
      path: path`/api/v1/instances/${agentGroupId}/${executionId}/details`,
      absent: [404],
      signal,
    });
    return answer?.body.data ?? null;
  }

  /** Starts a run of a deployment; gives the `Location` of the answer, where it has one. */
  async execute(
    deploymentId: string,
    parameters: Readonly<Record<string, string>>,
    departure: Departure,
  ): Promise<string | null> {
    const place = path`/api/v1/process-deployments/${deploymentId}/execute`;
    const answer = await this.#http.text({
      method: 'POST',
      path: place,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(parameters),
      signal: departure.signal,
      timeoutMs: this.#timeoutMs,
      permit: departure.permit,
    });
    if (answer === null) return null;
    acceptanceOf(this.#http.name, `POST ${place}`, answer);
    return answer.headers['location'] ?? null;
  }

  async #page(
    agentGroupId: string,
    { processGuids, startTime, endTime }: InstanceQuery,
    continuationToken: string | null,
    signal: AbortSignal,
  ): Promise<InstancePageWire | null> {
    const query = {
      processGuids,
      startTime,
      endTime,
      stateFilter: 'ShowAll',
      pageSize,
      continuationToken,
    };
    const place = path`/api/v1/instances/${agentGroupId}`;
    const call = { path: place, query, absent: [404], signal };
    return (await this.#http.json(instancePageWire, call))?.body ?? null;
  }

  #endless(agentGroupId: string): UpstreamContractError {
    const { title, connection, platform } = this.#http.name;
    return new UpstreamContractError(
      `${title} (${connection}) lists the runs of agent group ${agentGroupId} without an end.`,
      { connection, platform, sent: 'maybe' },
    );
  }
}
