import { Inject, Injectable } from '@nestjs/common';
import { Catalogue } from '../catalogue/catalogue.ts';
import { defaultDemand, type Demand } from '../catalogue/freshness.ts';
import { GatewayError, type ProblemCode } from '../domain/errors.ts';
import type { ProcessDetail } from '../domain/process.ts';
import type { SourceProblem } from '../domain/source.ts';
import type { Version, VersionRecord } from '../domain/version.ts';
import { toVersion } from './presenter.ts';
import { type Caching, type FoundProcess, ProcessReads } from './process-reads.ts';

/** What a list knows of one thing. */
interface Entry<T> {
  readonly body: T;
  readonly cached: Caching;
}

/** Upstream failures that a list's entry can stand in for. */
const standsInFor: readonly ProblemCode[] = [
  'upstream_auth_failed',
  'upstream_contract',
  'upstream_rate_limited',
  'upstream_timeout',
  'upstream_unavailable',
];

const onlyKept: Demand = { ...defaultDemand, onlyIfCached: true };

/** What kept lists know of single things, while their platform cannot be asked. */
@Injectable()
export class StandIns {
  readonly #catalogue: Catalogue;
  readonly #reads: ProcessReads;

  constructor(@Inject(Catalogue) catalogue: Catalogue, @Inject(ProcessReads) reads: ProcessReads) {
    this.#catalogue = catalogue;
    this.#reads = reads;
  }

  /** A process as the kept list has it; null when that has none, or is too old. */
  async process({ connection, key, version }: FoundProcess): Promise<Entry<ProcessDetail> | null> {
    const entry = await this.#catalogue.entry(connection.id, key);
    if (entry?.standsIn !== true) return null;
    const { process, asOf } = entry;
    const body: ProcessDetail = {
      ...process,
      deployments: null,
      inputSchema: null,
      configuration: null,
      resolvedVersion: version,
    };
    return { body, cached: cachingOf(asOf, null) };
  }

  /** A version as the kept versions of its process have it: by number, tag or `latest`. */
  async version(found: FoundProcess, asked: string): Promise<Entry<Version> | null> {
    const { connection, key } = found;
    const part = connection.part('versions');
    try {
      const { value, asOf, problem } = await this.#reads.read(
        connection,
        ['versions', key],
        onlyKept,
        (signal) => part.list(key, signal),
      );
      const record = value?.find((each) => isCalled(each, asked)) ?? null;
      if (record === null) return null;
      return { body: toVersion(connection, key, record, false), cached: cachingOf(asOf, problem) };
    } catch (error) {
      if (error instanceof GatewayError && error.code === 'not_cached') return null;
      throw error;
    }
  }
}

/** @throws the error itself where nothing can stand in for what it is about */
export async function standingIn<T>(error: unknown, find: () => Promise<T | null>): Promise<T> {
  if (!(error instanceof GatewayError) || !standsInFor.includes(error.code)) throw error;
  const found = await find();
  if (found === null) throw error;
  return found;
}

function isCalled({ version, tags, isLatest }: VersionRecord, asked: string): boolean {
  return version === asked || tags.includes(asked) || (asked === 'latest' && isLatest);
}

function cachingOf(asOf: number, problem: SourceProblem | null): Caching {
  return { etag: `W/"list-${asOf}"`, asOf, freshUntil: asOf, forwarded: 'list-entry', problem };
}
