import type { Departure } from '../../domain/write.ts';
import type { JsonAnswer, UpstreamAnswer } from '../../upstream/upstream-call.ts';
import type { UpstreamClient } from '../../upstream/upstream-client.ts';
import type { ExplainFailure } from '../../upstream/upstream-failure.ts';
import { path } from '../../upstream/path.ts';
import { type Page, walkPages } from '../../upstream/walk.ts';
import { acceptanceOf } from '../acceptance.ts';
import type { OdslConfig } from './odsl.config.ts';
import type { StartBody } from './odsl.options.ts';
import {
  buildWire,
  executionListWire,
  type ExecutionWire,
  executionWire,
  processListWire,
  type ProcessWire,
  processWire,
  startedWire,
  versionListWire,
  type VersionWire,
} from './odsl.wire.ts';

const pageSize = 200;
/** Nothing is called so; or what it is called is too long for a URL, and so for a process. */
const absent = [404, 414];

/** `[5005] Update Error: the name is taken`, in the header `x-odsl-error`. */
const errorPattern = /^\[(\d+)\]\s*(.*)$/s;

/** Reads the header that OpenDataDSL puts its errors in; the body is undocumented. */
export const explainOdsl: ExplainFailure = ({ headers }) => {
  const said = headers['x-odsl-error'];
  if (said === undefined) return {};
  const [, code = null, message = said] = errorPattern.exec(said) ?? [];
  return { code, message };
};

/** What a list keeps of an execution: its log lines and what it loaded may be megabytes. */
const listedFields =
  'service,name,environment,trigger,triggerTime,reason,start,end,runAs,status,message,loaderMessage,parentId';

/** A start as the platform takes it. */
export interface ExecutionOrder {
  /** `_id` of the process. */
  readonly name: string;
  readonly version: string | null;
  readonly input: Readonly<Record<string, unknown>>;
  readonly reason: string;
  /** 0 for at once. */
  readonly delayMs: number;
  /** Null: as the connection says. */
  readonly startBody: StartBody | null;
}

/** The process and process-exec services of OpenDataDSL, one method per call; the list is walked to its end. */
export class OdslClient {
  readonly #http: UpstreamClient;
  readonly #startBody: StartBody;
  readonly #timeoutMs: number;
  readonly #concurrency: number;

  constructor(
    http: UpstreamClient,
    config: Pick<OdslConfig, 'startBody' | 'timeout' | 'concurrency'>,
  ) {
    this.#http = http;
    this.#startBody = config.startBody;
    this.#timeoutMs = config.timeout;
    this.#concurrency = config.concurrency;
  }

  async buildInfo(signal: AbortSignal): Promise<Record<string, unknown>> {
    const answer = await this.#http.json(buildWire, { path: '/process', signal });
    return answer?.body ?? {};
  }

  /** `fields`: only these, separated by commas; all of them when null. */
  async listProcesses(fields: string | null, signal: AbortSignal): Promise<ProcessWire[]> {
    return walkPages({
      name: this.#http.name,
      concurrency: this.#concurrency,
      pageSize,
      keyOf: (wire) => wire._id,
      fetch: async (skip) => {
        const query = { _limit: pageSize, _skip: skip, _sort: '{"_id":1}', _project: fields };
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
    const answer = await this.#http.json(versionListWire, { path: place, absent, signal });
    return answer?.body ?? null;
  }

  /** Executions whose start lies between two days (`2026-11-21`), the newest first, without their lines. */
  async listExecutions(
    days: { readonly from: string; readonly to: string },
    skip: number,
    signal: AbortSignal,
  ): Promise<Page<ExecutionWire>> {
    const query = {
      start: `range(${days.from},${days.to})`,
      _sort: '{"start":-1}',
      _project: listedFields,
      _limit: pageSize,
      _skip: skip,
    };
    const call = { path: '/process-exec/v1', query, signal };
    const answer = await this.#http.json(executionListWire, call);
    return { items: answer?.body ?? [], total: totalOf(answer) };
  }

  /** One execution, with its lines; null when there is none. */
  async getExecution(id: string, signal: AbortSignal): Promise<ExecutionWire | null> {
    const call = { path: path`/process-exec/v1/${id}`, absent: [404], signal };
    return (await this.#http.json(executionWire, call))?.body ?? null;
  }

  /** Starts an execution; gives its id where the answer, which is undocumented, tells it. */
  async runProcess(order: ExecutionOrder, departure: Departure): Promise<string | null> {
    const { name, version, input, reason, delayMs } = order;
    const carrier = order.startBody ?? this.#startBody;
    const answer = await this.#http.text({
      method: 'POST',
      path: '/process-exec/v1',
      query: { _reason: reason, _delay: delayMs === 0 ? null : delayMs },
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        name,
        ...(version === null ? {} : { version }),
        ...(carrier === 'body' ? {} : { input }),
        ...(carrier === 'input' ? {} : { body: input }),
      }),
      signal: departure.signal,
      timeoutMs: this.#timeoutMs,
      permit: departure.permit,
    });
    if (answer === null) return null;
    const said = acceptanceOf(this.#http.name, 'POST /process-exec/v1', answer);
    return startedWire.safeParse(said).data ?? null;
  }

  #process(
    key: string,
    version: string | null,
    signal: AbortSignal,
  ): Promise<JsonAnswer<ProcessWire> | null> {
    const place = version === null ? path`/process/v1/${key}` : path`/process/v1/${key}/${version}`;
    return this.#http.json(processWire, { path: place, absent, signal });
  }
}

function totalOf(answer: UpstreamAnswer<unknown> | null): number | null {
  const header = answer?.headers['x-total-count'];
  return header !== undefined && /^\d+$/.test(header) ? Number(header) : null;
}
