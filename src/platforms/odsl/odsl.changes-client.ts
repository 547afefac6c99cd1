import type { Native } from '../../domain/native.ts';
import type { Departure } from '../../domain/write.ts';
import { path } from '../../upstream/path.ts';
import type { UpstreamCall } from '../../upstream/upstream-call.ts';
import type { UpstreamClient } from '../../upstream/upstream-client.ts';
import { acceptanceOf } from '../acceptance.ts';
import type { OdslConfig } from './odsl.config.ts';
import { auditListWire, type AuditWire, type ProcessWire, processWire } from './odsl.wire.ts';

/** How one request leaves. */
export type OneDeparture = Pick<Departure, 'signal' | 'permit'>;

type Write = Pick<UpstreamCall, 'query' | 'body'> & {
  readonly method: 'POST' | 'PUT' | 'DELETE';
  readonly path: string;
};

/** The audit trail is no business of everybody, and need not be there. */
const unreadable = [403, 404];

/** The calls of the process service that change definitions, one method per call, and the audit trail of them. */
export class OdslChangesClient {
  readonly #http: UpstreamClient;
  readonly #timeoutMs: number;

  constructor(http: UpstreamClient, config: Pick<OdslConfig, 'timeout'>) {
    this.#http = http;
    this.#timeoutMs = config.timeout;
  }

  /** The same with another time for one request, in ms. */
  within(timeoutMs: number): OdslChangesClient {
    return new OdslChangesClient(this.#http, { timeout: timeoutMs });
  }

  /** Creates or updates; what was saved, where the answer, which is undocumented, tells it. */
  async saveProcess(
    configuration: Native,
    reason: string,
    departure: OneDeparture,
  ): Promise<ProcessWire | null> {
    const body = JSON.stringify(configuration);
    const call = { method: 'POST', path: '/process/v1', query: { _reason: reason }, body } as const;
    return processWire.safeParse(await this.#write(call, departure)).data ?? null;
  }

  async renameProcess(key: string, newKey: string, departure: OneDeparture): Promise<void> {
    const body = JSON.stringify({ _id: newKey });
    await this.#write({ method: 'PUT', path: path`/process/v1/${key}`, body }, departure);
  }

  async tagVersion(
    key: string,
    version: string,
    tag: string,
    departure: OneDeparture,
  ): Promise<void> {
    const place = path`/process/v1/${key}/${version}/${tag}`;
    await this.#write({ method: 'PUT', path: place }, departure);
  }

  /** Takes the newest version away, and with the only one the process. */
  async rollBackProcess(key: string, reason: string, departure: OneDeparture): Promise<void> {
    const place = path`/process/v1/${key}`;
    await this.#write({ method: 'DELETE', path: place, query: { _reason: reason } }, departure);
  }

  /** `version` is a number: of a tag the pages say both that the version goes, and that only the tag does. */
  async deleteVersion(key: string, version: string, departure: OneDeparture): Promise<void> {
    const place = path`/process/v1/${key}/${version}`;
    await this.#write({ method: 'DELETE', path: place }, departure);
  }

  /** With all its versions. */
  async deleteProcess(key: string, departure: OneDeparture): Promise<void> {
    const place = `${path`/process/v1/${key}`}/*`;
    await this.#write({ method: 'DELETE', path: place }, departure);
  }

  /** What was done to processes, the newest first; null where this user may not read it. */
  async listAudit(skip: number, limit: number, signal: AbortSignal): Promise<AuditWire[] | null> {
    const answer = await this.#http.json(auditListWire, {
      path: '/audit/v1/private',
      query: { service: 'process', _sort: '{"timestamp":-1}', _limit: limit, _skip: skip },
      absent: unreadable,
      signal,
    });
    return answer?.body ?? null;
  }

  async #write(call: Write, { signal, permit }: OneDeparture): Promise<unknown> {
    const headers = call.body === undefined ? {} : { 'content-type': 'application/json' };
    const timeoutMs = this.#timeoutMs;
    const answer = await this.#http.text({ ...call, headers, signal, timeoutMs, permit });
    if (answer === null) return null;
    return acceptanceOf(this.#http.name, `${call.method} ${call.path}`, answer);
  }
}
