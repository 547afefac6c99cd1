import { Inject, Injectable } from '@nestjs/common';
import { defaultDemand, type Demand } from '../catalogue/freshness.ts';
import { refusalFor } from '../catalogue/incomplete.ts';
import type { ListAnswer, ListCall } from '../catalogue/list-call.ts';
import type { ReadAnswer } from '../catalogue/read-cache.ts';
import { isStandIn, together } from '../catalogue/source.ts';
import { digest } from '../catalogue/views.ts';
import { GATEWAY_CONFIG } from '../config/config.module.ts';
import type { GatewayConfig } from '../config/gateway.config.ts';
import type { Connection } from '../connections/connection.ts';
import { ConnectionRegistry } from '../connections/connection-registry.ts';
import type { VersionsPart } from '../domain/adapter.ts';
import { GatewayError } from '../domain/errors.ts';
import { parseId } from '../domain/ids.ts';
import type { Source } from '../domain/source.ts';
import type { VersionRecord } from '../domain/version.ts';
import { within } from '../timing/within.ts';
import { toVersion } from './presenter.ts';
import { ProcessReads } from './process-reads.ts';
import { leastWaitMs, type VersionsRead, withVersions } from './versions-read.ts';

interface ListBody {
  readonly data: readonly Record<string, unknown>[];
  readonly sources: readonly Source[];
  readonly [member: string]: unknown;
}

/** A process whose versions are wanted. */
interface Wanted {
  readonly connection: Connection;
  readonly part: VersionsPart;
  readonly key: string;
}

type VersionsAnswer = Promise<ReadAnswer<readonly VersionRecord[]>>;

const onlyKept: Demand = { ...defaultDemand, onlyIfCached: true };
/** What is kept needs no platform: it gets so long even where the list has used up its whole deadline, in ms. */
const leastMs = 200;

/** Adds versions to the processes of one page, within the deadline of the list. */
@Injectable()
export class VersionsInList {
  readonly #reads: ProcessReads;
  readonly #connections: ConnectionRegistry;
  readonly #deadlineMs: number;

  constructor(
    @Inject(ProcessReads) reads: ProcessReads,
    @Inject(ConnectionRegistry) connections: ConnectionRegistry,
    @Inject(GATEWAY_CONFIG) { catalogue }: GatewayConfig,
  ) {
    this.#reads = reads;
    this.#connections = connections;
    this.#deadlineMs = catalogue.deadline;
  }

  /**
   * The answer with `versions` in each process, of which only `fields` are shown unless that is null; null where they
   * could not be read, which its source then says.
   * @throws GatewayError when the list has to be complete, and is not
   */
  async add(
    { query, demand }: ListCall,
    listing: Promise<ListAnswer>,
    fields: readonly string[] | null,
  ): Promise<ListAnswer> {
    const untilMs = Date.now() + this.#deadlineMs;
    const answer = await listing;
    const body = JSON.parse(answer.body.toString('utf8')) as ListBody;
    const reads = await Promise.all(
      body.data.map(async (item) => {
        const wanted = this.#wanted(item['id']);
        return wanted === null ? null : this.#read(wanted, demand, untilMs);
      }),
    );
    const data = body.data.map((item, at) =>
      picked({ ...item, versions: reads[at]?.versions ?? null }, fields),
    );
    const read = reads.filter((each) => each !== null);
    const sources = body.sources.map((source) => withVersions(source, read));
    const refusal = query.requireAll ? refusalFor(sources, true, demand, leastWaitMs(read)) : null;
    if (refusal !== null) throw refusal;
    return shown(answer, { ...body, data, sources }, read);
  }

  #wanted(id: unknown): Wanted | null {
    const parsed = typeof id === 'string' ? parseId(id) : null;
    const connection = parsed === null ? null : this.#connections.find(parsed.connection);
    const part = connection?.adapter.parts.versions;
    if (parsed === null || connection === null || part === undefined) return null;
    return { connection, part, key: parsed.key };
  }

  /** What is not there in time goes on being read for the next call; what is kept stands in, as in the list itself. */
  async #read(wanted: Wanted, demand: Demand, untilMs: number): Promise<VersionsRead> {
    const { connection } = wanted;
    const nothing = {
      connection: connection.id,
      versions: null,
      asOf: null,
      freshUntil: null,
      forwarded: null,
      retryAfterMs: null,
    };
    let isLate = false;
    try {
      const inTime = await within(
        this.#ask(wanted, demand),
        Math.max(untilMs - Date.now(), leastMs),
      );
      isLate = inTime === null;
      const answer = inTime ?? (await this.#ask(wanted, onlyKept));
      const { value, asOf, freshUntil, problem, forwarded } = answer;
      const versions = value?.map((each) => toVersion(connection, wanted.key, each, false)) ?? null;
      const kept = { asOf, freshUntil, problem, retryAfterMs: null };
      const read = { connection: connection.id, versions, ...kept };
      return isLate || isStandIn(forwarded)
        ? { ...read, status: 'stale', forwarded: 'stale-if-error' }
        : { ...read, status: problem === null ? 'fresh' : 'stale', forwarded };
    } catch (error) {
      if (!(error instanceof GatewayError)) throw error;
      const problem = { code: error.code, detail: error.message };
      if (error.code === 'not_cached')
        return isLate
          ? { ...nothing, status: 'warming', problem: null }
          : { ...nothing, status: 'skipped', problem };
      const { retryAfterMs = null } = error.details;
      return { ...nothing, status: 'failed', problem, retryAfterMs };
    }
  }

  #ask({ connection, part, key }: Wanted, demand: Demand): VersionsAnswer {
    return this.#reads.read(connection, ['versions', key], demand, (signal) =>
      part.list(key, signal),
    );
  }
}

function picked(
  item: Readonly<Record<string, unknown>>,
  fields: readonly string[] | null,
): Record<string, unknown> {
  if (fields === null) return item;
  return Object.fromEntries(fields.map((field) => [field, item[field]]));
}

/** The answer with another body, as old as the oldest that is in it now. */
function shown(answer: ListAnswer, body: ListBody, read: readonly VersionsRead[]): ListAnswer {
  const statuses = body.sources.map(({ status }) => status);
  const content = JSON.stringify([answer.etag, statuses, body.data]);
  const ages = [answer, ...read];
  const instants = ages.flatMap(({ asOf }) => (asOf === null ? [] : [asOf]));
  const ends = ages.flatMap(({ freshUntil }) => (freshUntil === null ? [] : [freshUntil]));
  return {
    ...answer,
    body: Buffer.from(JSON.stringify(body)),
    etag: `W/"${digest(content)}"`,
    complete: answer.complete && statuses.every((each) => each === 'fresh' || each === 'stale'),
    asOf: instants.length === 0 ? null : Math.min(...instants),
    freshUntil: Math.min(...ends),
    forwarded: together(ages.map(({ forwarded }) => forwarded)),
  };
}
