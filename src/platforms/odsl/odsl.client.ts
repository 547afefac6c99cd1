import type { JsonAnswer, UpstreamAnswer } from '../../upstream/upstream-call.ts';
import type { UpstreamClient } from '../../upstream/upstream-client.ts';
import type { ExplainFailure } from '../../upstream/upstream-failure.ts';
import { path } from '../../upstream/path.ts';
import { walkPages } from '../../upstream/walk.ts';
import type { OdslConfig } from './odsl.config.ts';
import {
  buildWire,
  processListWire,
  type ProcessWire,
  processWire,
  versionListWire,
  type VersionWire,
} from './odsl.wire.ts';

const pageSize = 200;

/** `[5005] Update Error: the name is taken`, in the header `x-odsl-error`. */
const errorPattern = /^\[(\d+)\]\s*(.*)$/s;

/** Reads the header that OpenDataDSL puts its errors in; the body is undocumented. */
export const explainOdsl: ExplainFailure = ({ headers }) => {
  const said = headers['x-odsl-error'];
  if (said === undefined) return {};
  const [, code = null, message = said] = errorPattern.exec(said) ?? [];
  return { code, message };
};

/** The process service of OpenDataDSL, one method per call; the list is walked to its end. */
export class OdslClient {
  readonly #http: UpstreamClient;
  readonly #concurrency: number;

  constructor(http: UpstreamClient, { concurrency }: Pick<OdslConfig, 'concurrency'>) {
    this.#http = http;
    this.#concurrency = concurrency;
  }

  async buildInfo(signal: AbortSignal): Promise<Record<string, unknown>> {
    const answer = await this.#http.json(buildWire, { path: '/process', signal });
    return answer?.body ?? {};
  }

  async listProcesses(signal: AbortSignal): Promise<ProcessWire[]> {
    return walkPages({
      name: this.#http.name,
      concurrency: this.#concurrency,
      pageSize,
      keyOf: (wire) => wire._id,
      fetch: async (skip) => {
        const query = { _limit: pageSize, _skip: skip, _sort: '{"_id":1}' };
        const call = { path: '/process/v1', query, signal };
        const answer = await this.#http.json(processListWire, call);
        return { items: answer?.body ?? [], total: totalOf(answer) };
      },
    });
  }

  /** `version` is a number or a tag; null when there is no such process or version. */
  async getProcess(
    key: string,
    version: string | null,
    signal: AbortSignal,
  ): Promise<ProcessWire | null> {
    return (await this.#process(key, version, signal))?.body ?? null;
  }

  /** The same as the bytes that the service sends. */
  async getProcessBytes(
    key: string,
    version: string | null,
    signal: AbortSignal,
  ): Promise<Buffer | null> {
    return (await this.#process(key, version, signal))?.bytes ?? null;
  }

  async listVersions(key: string, signal: AbortSignal): Promise<VersionWire[] | null> {
    const place = `${path`/process/v1/${key}`}/*`;
    const answer = await this.#http.json(versionListWire, { path: place, absent: [404], signal });
    return answer?.body ?? null;
  }

  #process(
    key: string,
    version: string | null,
    signal: AbortSignal,
  ): Promise<JsonAnswer<ProcessWire> | null> {
    const place = version === null ? path`/process/v1/${key}` : path`/process/v1/${key}/${version}`;
    return this.#http.json(processWire, { path: place, absent: [404], signal });
  }
}

function totalOf(answer: UpstreamAnswer<unknown> | null): number | null {
  const header = answer?.headers['x-total-count'];
  return header !== undefined && /^\d+$/.test(header) ? Number(header) : null;
}
