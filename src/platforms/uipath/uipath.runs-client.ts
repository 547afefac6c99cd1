import { path } from '../../upstream/path.ts';
import type { UpstreamClient } from '../../upstream/upstream-client.ts';
import type { Page } from '../../upstream/walk.ts';
import type { ListBudgets } from './uipath.budget.ts';
import type { UipathConfig } from './uipath.config.ts';
import { folderHeaders } from './uipath.folder.ts';
import { functions, listPage } from './uipath.odata.ts';
import { type JobWire, jobWire, type LogWire, logWire, odataList } from './uipath.wire.ts';

const jobList = odataList(jobWire);
const logList = odataList(logWire);
/** Release, so that a row says which package it ran. */
const $expand = 'Release';

/** How a list of jobs is narrowed. */
export interface JobListCall {
  readonly $filter: string;
  /** Members of a row; all of them when left out. */
  readonly $select: string | null;
  readonly top: number;
  /** Which budget it is paid from. */
  readonly payer: keyof ListBudgets;
}

/** A stretch of a log. */
export interface LogCall {
  readonly key: string;
  /** As the platform wrote it, or an instant. */
  readonly from: string | null;
  readonly skip: number;
}

/** The calls about jobs, in the connection's folder. */
export class UipathRunsClient {
  readonly #http: UpstreamClient;
  /** Rows of a page. */
  readonly pageSize: number;
  /** How long a request may take, in ms. */
  readonly timeoutMs: number;
  readonly #folder: Readonly<Record<string, string>>;
  readonly #budgets: ListBudgets | null;

  /** `budgets` are what lists of jobs are paid from; null where they cost nothing. */
  constructor(http: UpstreamClient, config: UipathConfig, budgets: ListBudgets | null) {
    this.#http = http;
    this.pageSize = config.pageSize;
    this.timeoutMs = config.timeout;
    this.#folder = folderHeaders(config.folder);
    this.#budgets = budgets;
  }

  /** Whom errors name. */
  get name(): UpstreamClient['name'] {
    return this.#http.name;
  }

  /** Jobs by their numbers, lowest first; each try is paid from the budget. */
  async listJobs(call: JobListCall, signal: AbortSignal): Promise<Page<JobWire>> {
    const budget = this.#budgets?.[call.payer] ?? null;
    return listPage(this.#http, jobList, {
      path: '/odata/Jobs',
      query: { $filter: call.$filter, $select: call.$select, $expand, $orderby: 'Id' },
      headers: this.#folder,
      top: call.top,
      skip: 0,
      ...(budget === null ? {} : { spend: () => budget.spend(1) }),
      signal,
    });
  }

  async getJob(id: string, signal: AbortSignal): Promise<JobWire | null> {
    return this.#job(path`/odata/Jobs(${id})`, signal);
  }

  async getJobByKey(key: string, signal: AbortSignal): Promise<JobWire | null> {
    return this.#job(
      path`/odata/Jobs/UiPath.Server.Configuration.OData.GetByKey(identifier=${key})`,
      signal,
    );
  }

  /** `permit` is called right before the request is written; it is never sent twice. */
  async startJobs(
    startInfo: Readonly<Record<string, unknown>>,
    permit: () => void,
    signal: AbortSignal,
  ): Promise<readonly JobWire[]> {
    const answer = await this.#http.json(jobList, {
      method: 'POST',
      path: `/odata/Jobs/${functions}.StartJobs`,
      headers: { ...this.#folder, 'content-type': 'application/json' },
      body: JSON.stringify({ startInfo }),
      timeoutMs: this.timeoutMs,
      permit,
      signal,
    });
    return answer?.body.value ?? [];
  }

  /** A job can be told to stop as often as one likes. */
  async stopJob(id: number, strategy: 'SoftStop' | 'Kill', signal: AbortSignal): Promise<void> {
    await this.#http.text({
      method: 'POST',
      path: `${path`/odata/Jobs(${id})`}/${functions}.StopJob`,
      headers: { ...this.#folder, 'content-type': 'application/json' },
      body: JSON.stringify({ strategy }),
      repeatable: true,
      signal,
    });
  }

  /** Lines of one job, oldest first. */
  async listLogs({ key, from, skip }: LogCall, signal: AbortSignal): Promise<Page<LogWire>> {
    const since = from === null ? '' : ` and TimeStamp ge ${from}`;
    return listPage(this.#http, logList, {
      path: '/odata/RobotLogs',
      query: { $filter: `JobKey eq ${key}${since}`, $orderby: 'TimeStamp' },
      headers: this.#folder,
      top: this.pageSize,
      skip,
      signal,
    });
  }

  async #job(place: string, signal: AbortSignal): Promise<JobWire | null> {
    const answer = await this.#http.json(jobWire, {
      path: place,
      query: { $expand },
      headers: this.#folder,
      absent: [404],
      signal,
    });
    return answer?.body ?? null;
  }
}
