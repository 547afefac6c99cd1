import { z } from 'zod';
import type { StartsPart } from '../../domain/adapter.ts';
import {
  ConflictError,
  type ErrorDetails,
  type FieldError,
  InternalError,
  InvalidRequestError,
  NotFoundError,
} from '../../domain/errors.ts';
import type { Native } from '../../domain/native.ts';
import type { StartReceipt, StartRequest } from '../../domain/run.ts';
import type { Departure, Reconciliation, SentWindow } from '../../domain/write.ts';
import type { OdslClient } from './odsl.client.ts';
import type { OdslConfig } from './odsl.config.ts';
import { doubtOf } from './odsl.doubt.ts';
import { idOf, isNarrow } from './odsl.key.ts';
import { toVersions } from './odsl.mapper.ts';
import { type OdslStartOptions, startBodies } from './odsl.options.ts';
import type { MarksMet } from './odsl.marks.ts';
import { knownVersions } from './odsl.refusals.ts';
import { StartLooks } from './odsl.start-looks.ts';
import { executionsOf } from './odsl.window.ts';
import type { ProcessWire } from './odsl.wire.ts';

/** What is stored of a start before it is sent: the order, and what its process is called. */
const evidenceShape = z.object({
  name: z.string(),
  calledAlso: z.string().nullable(),
  version: z.string().nullable(),
  input: z.record(z.string(), z.unknown()),
  reason: z.string(),
  delayMs: z.int(),
  // Starts that were accepted by an earlier release have none.
  startBody: z.enum(startBodies).nullable().default(null),
});
type Evidence = z.output<typeof evidenceShape>;

/** How far the clocks of the gateway and the platform may be apart, in ms. */
const slackMs = 60_000;
/** A run shows by its log, which is written once the platform has come to it; nobody says when that is. In ms. */
const showsWithinMs = 30_000;
/** Starts of OpenDataDSL: known again by the mark that goes into `_reason`. */
export class OdslStarts implements StartsPart {
  /** Nothing promises that a log shows every run at once, so nothing proves for good that there was none. */
  readonly repeatable = false;
  readonly timeoutMs: number;
  readonly showsWithinMs = showsWithinMs;
  readonly lookMs: number;
  readonly #client: OdslClient;
  readonly #config: OdslConfig;
  readonly #looks: StartLooks;

  constructor(client: OdslClient, config: OdslConfig, marks: MarksMet) {
    this.#client = client;
    this.#config = config;
    this.timeoutMs = config.timeout;
    this.#looks = new StartLooks(client, config, marks);
    this.lookMs = this.#looks.lookMs;
  }

  waitMs(evidence: Native): number {
    return this.#read(evidence).delayMs;
  }

  async prepare(request: StartRequest, signal: AbortSignal): Promise<readonly Native[]> {
    if (request.deployment !== null) {
      throw new InvalidRequestError(
        'OpenDataDSL has no deployments: leave `deployment` out and the process itself is started.',
        this.#refused({ errors: [{ at: 'deployment', message: 'must be left out' }] }),
      );
    }
    const id = idOf(request.process);
    const process = id === null ? null : await this.#client.getProcess(id, null, signal);
    if (process === null) throw this.#missing(`no process ${request.process}`);
    if (process.enabled === false) {
      throw new ConflictError(
        `${process._id} is disabled on OpenDataDSL (${this.#config.id}): enable it first.`,
        this.#refused({}),
      );
    }
    const { delay, startBody } = request.options as OdslStartOptions;
    const evidence: Evidence = {
      name: process._id,
      calledAlso: process.name ?? null,
      version: await this.#version(process, request.version, signal),
      input: request.input,
      reason: request.mark,
      delayMs: delay ?? 0,
      startBody: startBody ?? null,
    };
    return [evidence];
  }

  async send(evidence: Native, departure: Departure): Promise<StartReceipt> {
    const order = this.#read(evidence);
    return { nativeId: await this.#client.runProcess(order, departure) };
  }

  /** Presence shows in the mark; absence only where nobody has started this process by hand at that time. */
  async reconcile(
    evidence: Native,
    sent: SentWindow,
    signal: AbortSignal,
  ): Promise<Reconciliation<StartReceipt>> {
    const order = this.#read(evidence);
    const { reason: mark } = order;
    const until = sent.until + order.delayMs + slackMs;
    // A run that had to wait for its turn may have begun later than it was asked to.
    const window = {
      from: sent.from - slackMs,
      until: Math.max(until, Date.now() + slackMs),
      // Nothing is proved by the absence of what was taken.
      whole: sent.isTaken !== true,
    };
    const { nativeId, wires } = await this.#looks.of({ mark, window }, signal);
    if (nativeId !== null) return { state: 'applied', receipt: { nativeId } };
    const found = executionsOf(wires, window);
    const at = sent.from + order.delayMs;
    const doubt = doubtOf(found, { ...order, from: window.from, at, until });
    if (doubt !== null) return doubt;
    if (order.delayMs > 0 && Date.now() < until) {
      const why = `OpenDataDSL was asked to wait ${order.delayMs} ms with this start, and that is not over.`;
      return { state: 'undecided', why, candidates: [] };
    }
    return { state: 'absent' };
  }

  /** The number of the version that was named; null for the one that runs anyway. */
  async #version(
    process: ProcessWire,
    version: string | null,
    signal: AbortSignal,
  ): Promise<string | null> {
    if (version === null || version === 'latest') return null;
    const found = isNarrow(version)
      ? await this.#client.getProcess(process._id, version, signal)
      : null;
    if (found === null) {
      const wires = (await this.#client.listVersions(process._id, signal)) ?? [];
      const known = knownVersions(toVersions(wires));
      throw this.#missing(`no version ${version} of ${process._id}${known}`, [
        { at: 'version', message: 'must be a version of the process' },
      ]);
    }
    return String(found._version ?? version);
  }

  #read(evidence: Native): Evidence {
    const { data } = evidenceShape.safeParse(evidence);
    if (data !== undefined) return data;
    const details = this.#refused({ sent: 'no' });
    throw new InternalError('What was stored of a start cannot be read any more.', details);
  }

  #missing(what: string, errors?: readonly FieldError[]): NotFoundError {
    const { id } = this.#config;
    const details = this.#refused(errors === undefined ? {} : { errors });
    return new NotFoundError(`OpenDataDSL (${id}) has ${what}.`, details);
  }

  #refused(details: ErrorDetails): ErrorDetails {
    const { id: connection, platform } = this.#config;
    return { connection, platform, outcome: 'not_sent', ...details };
  }
}
