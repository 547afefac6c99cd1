import type { Readable } from 'node:stream';
import { UpstreamContractError } from '../../domain/errors.ts';
import type { Native } from '../../domain/native.ts';
import { path, segment } from '../../upstream/path.ts';
import type { UpstreamAnswer, UpstreamQuery } from '../../upstream/upstream-call.ts';
import type { UpstreamClient } from '../../upstream/upstream-client.ts';
import type { UpstreamName } from '../../upstream/upstream-errors.ts';
import type { FormBody } from './concord.multipart.ts';
import {
  attachmentListWire,
  runListWire,
  type RunWire,
  runWire,
  startedWire,
  waitingFormListWire,
} from './concord.wire.ts';

/** How a start is sent. */
export interface Sending {
  readonly signal: AbortSignal;
  readonly permit: () => void;
  readonly timeoutMs: number;
}

/** A log or a file may be as large as the server lets it become. */
const largestStream = 2 * 1_024 ** 3;
const streamTimeoutMs = 10 * 60_000;

/** The runs of Concord, which it calls processes, one method per call. Ids are UUIDs; null or false: no such run. */
export class ConcordRunClient {
  readonly #http: UpstreamClient;

  constructor(http: UpstreamClient) {
    this.#http = http;
  }

  /** Whom the errors name. */
  get name(): UpstreamName {
    return this.#http.name;
  }

  /** One page, the newest first. @throws UpstreamRejectedError when it names something unknown */
  async listRuns(query: UpstreamQuery, signal: AbortSignal): Promise<RunWire[]> {
    const answer = await this.#http.json(runListWire, { path: '/api/v2/process', query, signal });
    return answer?.body ?? [];
  }

  async getRun(
    id: string,
    include: readonly string[],
    signal: AbortSignal,
  ): Promise<RunWire | null> {
    const call = { path: path`/api/v2/process/${id}`, query: { include }, absent: [404], signal };
    return (await this.#http.json(runWire, call))?.body ?? null;
  }

  /** Starts by the form; gives the id of the run. */
  async startByForm({ headers, body }: FormBody, sending: Sending): Promise<string> {
    const call = { method: 'POST', path: '/api/v1/process', headers, body, ...sending } as const;
    return this.#started(call);
  }

  /** Starts as in 2017: `project:repository:flow` in the path. */
  async startByPath(target: string, request: Native, sending: Sending): Promise<string> {
    return this.#started({
      method: 'POST',
      path: path`/api/v1/process/${target}`,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(request),
      ...sending,
    });
  }

  async #started(call: Parameters<UpstreamClient['json']>[1]): Promise<string> {
    const answer = await this.#http.json(startedWire, call);
    if (answer === null) throw this.broken(`${call.path} was answered with nothing`);
    return answer.body.instanceId;
  }

  /** The chunks of a log that lie around a range; the header says where they begin and end. */
  async readLog(
    id: string,
    range: string,
    signal: AbortSignal,
  ): Promise<UpstreamAnswer<Readable> | null> {
    return this.#http.stream({
      path: path`/api/v1/process/${id}/log`,
      headers: { range },
      timeoutMs: streamTimeoutMs,
      maxBytes: largestStream,
      absent: [404],
      signal,
    });
  }

  async listAttachments(id: string, signal: AbortSignal): Promise<string[] | null> {
    const call = { path: path`/api/v1/process/${id}/attachment`, absent: [404], signal };
    return (await this.#http.json(attachmentListWire, call))?.body ?? null;
  }

  /** `name` may lead into folders; none of its parts may be empty, `.` or `..`. */
  async openAttachment(
    id: string,
    name: string,
    signal: AbortSignal,
  ): Promise<UpstreamAnswer<Readable> | null> {
    const place = name.split('/').map(segment).join('/');
    return this.#http.stream({
      path: `${path`/api/v1/process/${id}/attachment`}/${place}`,
      timeoutMs: streamTimeoutMs,
      maxBytes: largestStream,
      absent: [404],
      signal,
    });
  }

  /** Asks for the end of a run, and of those that it has started; what has ended stays as it is. */
  async stop(id: string, cascade: boolean, signal: AbortSignal): Promise<boolean> {
    const own = path`/api/v1/process/${id}`;
    const call = {
      path: cascade ? `${own}/cascade` : own,
      absent: [404],
      repeatable: true,
      signal,
    };
    return (await this.#http.text({ method: 'DELETE', ...call })) !== null;
  }

  async restart(id: string, signal: AbortSignal): Promise<boolean> {
    const place = path`/api/v1/process/${id}/restart`;
    return this.#posted(place, {}, signal);
  }

  async resume(id: string, event: string, payload: Native, signal: AbortSignal): Promise<boolean> {
    const place = path`/api/v1/process/${id}/resume/${event}`;
    return this.#posted(place, payload, signal);
  }

  async #posted(place: string, body: Native, signal: AbortSignal): Promise<boolean> {
    const answer = await this.#http.text({
      method: 'POST',
      path: place,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
      absent: [404],
      signal,
    });
    return answer !== null;
  }

  /** The forms that wait to be filled in. */
  async listForms(id: string, signal: AbortSignal): Promise<readonly { readonly name: string }[]> {
    const call = { path: path`/api/v1/process/${id}/form`, absent: [404], signal };
    return (await this.#http.json(waitingFormListWire, call))?.body ?? [];
  }

  /** The events that a suspended run waits for, one per line of a file of its state; a form's is a UUID. */
  async awaitedEvents(id: string, signal: AbortSignal): Promise<readonly string[]> {
    const place = `${path`/api/v1/process/${id}/state/snapshot`}/_attachments/_state/_suspend`;
    const answer = await this.#http.text({ path: place, absent: [403, 404], signal });
    const lines = answer?.body.split(/\r?\n/) ?? [];
    return lines.filter((line) => line !== '');
  }

  /** What is said when an answer is not what the platform's documents promise. */
  broken(problem: string): UpstreamContractError {
    const { connection, platform, title } = this.name;
    return new UpstreamContractError(
      `${title} (${connection}) answered with something that is not its contract: ${problem}.`,
      { connection, platform, sent: 'maybe' },
    );
  }
}
