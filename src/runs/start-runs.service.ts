import { Inject, Injectable } from '@nestjs/common';
import type { Queue } from 'bullmq';
import { createHash } from 'node:crypto';
import { v7 as uuid } from 'uuid';
import { defaultDemand } from '../catalogue/freshness.ts';
import type { Connection } from '../connections/connection.ts';
import { GatewayError, InvalidRequestError } from '../domain/errors.ts';
import { formatId } from '../domain/ids.ts';
import type { Native } from '../domain/native.ts';
import type { ProcessDetailRecord } from '../domain/process.ts';
import { bodyOf } from '../http/body.ts';
import { fingerprintOf, IdempotencyKeys } from '../ledger/idempotency.ts';
import { addAdvance, type LedgerJob } from '../ledger/ledger.queue.ts';
import type { LedgerEntry, SendingPart } from '../ledger/record.ts';
import { stored } from '../ledger/stored.ts';
import { unsent } from '../ledger/with-outcome.ts';
import { type FoundProcess, ProcessReads, readTimeoutMs } from '../processes/process-reads.ts';
import { deadline } from '../upstream/deadline.ts';
import { InputCheck } from './input-check.ts';
import { instantOf, type KeptRun, shortened } from './kept-run.ts';
import { LEDGER_QUEUE } from './runs.queue.ts';
import { RunStore } from './run-store.ts';
import { StartRunDto } from './start-run.dto.ts';

/** A start, as its route takes it. */
export interface StartCall {
  readonly processId: string;
  readonly body: unknown;
  readonly path: string;
  /** Who asks; keys of one caller are unknown to others. */
  readonly caller: string;
  readonly idempotencyKey: string | null;
}

/** A start that was accepted, now or by an earlier request with its key. */
export interface Accepted {
  readonly id: string;
  readonly isReplay: boolean;
}

/** What is accepted besides its sending. */
interface Acceptance {
  readonly connection: Connection;
  readonly part: SendingPart;
  readonly process: string | null;
  readonly input: Native | null;
  readonly labels: readonly string[];
  readonly notBefore: number | null;
}

/** A start is sent within this time, or not at all, in ms. */
const deadlineMs = 60_000;
/** What Redis has not taken by then was not taken: the caller has been told so. */
const patienceMs = 1_000;
const sweepAfterMs = 15_000;
const latestScheduleMs = 365 * 24 * 3_600_000;

/** Takes starts in: checks them, writes down what sending them takes, and only then says yes. */
@Injectable()
export class StartRunsService {
  readonly #reads: ProcessReads;
  readonly #store: RunStore;
  readonly #keys: IdempotencyKeys;
  readonly #queue: Queue<LedgerJob>;
  readonly #check = new InputCheck();

  constructor(
    @Inject(ProcessReads) reads: ProcessReads,
    @Inject(RunStore) store: RunStore,
    @Inject(IdempotencyKeys) keys: IdempotencyKeys,
    @Inject(LEDGER_QUEUE) queue: Queue<LedgerJob>,
  ) {
    this.#reads = reads;
    this.#store = store;
    this.#keys = keys;
    this.#queue = queue;
  }

  async start(call: StartCall): Promise<Accepted> {
    try {
      return await this.#start(call);
    } catch (error) {
      throw unsent(error);
    }
  }

  async #start(call: StartCall): Promise<Accepted> {
    const now = await stored(() => this.#store.records.now());
    const found = await this.#reads.find(call.processId, 'starts');
    const body = bodyOf(call.body, StartRunDto);
    const options = bodyOf(body.options, found.connection.platform.startOptions, 'options');
    const notBefore = scheduleOf(body, now);
    const fingerprint = fingerprintOf('POST', call.path, call.body ?? {});
    const mark = `r-${uuid()}`;
    const own = formatId(found.connection.id, mark);
    return this.#once(call, fingerprint, own, async (id) => {
      const evidence = await this.#prepare(found, body, options, markOf(id));
      const { connection, key } = found;
      const { input = {}, labels = [] } = body;
      await this.#accept(
        { connection, part: 'starts', process: key, input, labels, notBefore },
        id,
        evidence,
      );
    });
  }

  /** Lets `make` make the record, unless an earlier request with the same key has. */
  async #once(
    { caller, idempotencyKey }: StartCall,
    fingerprint: string,
    own: string,
    make: (id: string) => Promise<void>,
  ): Promise<Accepted> {
    if (idempotencyKey === null) {
      await make(own);
      return { id: own, isReplay: false };
    }
    const exists = async (id: string): Promise<boolean> =>
      (await this.#store.records.read(id)) !== null;
    const { id, isReplay } = await stored(() =>
      this.#keys.claim(caller, idempotencyKey, fingerprint, own, exists),
    );
    if (isReplay) return { id, isReplay };
    try {
      await make(id);
      return { id, isReplay: false };
    } catch (error) {
      // Kept, a key would answer for a start that there never was; of one in doubt it has to stay.
      const isRefused = error instanceof GatewayError && error.details.outcome !== 'unknown';
      if (isRefused) await this.#keys.release(caller, idempotencyKey, id).catch(() => undefined);
      throw error;
    }
  }

  async #prepare(
    { connection, key, version }: FoundProcess,
    body: StartRunDto,
    options: object,
    mark: string,
  ): Promise<readonly Native[]> {
    const { input = {}, labels = [], deployment = null } = body;
    const signal = deadline(readTimeoutMs(connection));
    const evidence = await connection
      .part('starts')
      .prepare(
        {
          process: key,
          version: body.version ?? version,
          deployment,
          input,
          labels,
          options,
          mark,
        },
        signal,
      );
    this.#check.against(await this.#inputSchema(connection, key), input);
    return evidence;
  }

  async #inputSchema(connection: Connection, key: string): Promise<Native | null> {
    const processes = connection.part('processes');
    const fetch = async (signal: AbortSignal): Promise<ProcessDetailRecord | null> => {
      const record = await processes.get(key, signal);
      return record === null ? null : { ...record, native: {} };
    };
    const detail = await this.#reads.read(connection, ['process', key], defaultDemand, fetch);
    return detail.value?.inputSchema ?? null;
  }

  /** Stores the runs of a start, the one that the caller is told last: where it is, they all are. */
  async #accept(acceptance: Acceptance, first: string, evidence: readonly Native[]): Promise<void> {
    const now = await stored(() => this.#store.records.now());
    const { connection } = acceptance;
    const ids = evidence.map((_, at) => (at === 0 ? first : siblingOf(first, at)));
    const correlationId = markOf(first);
    for (const [at, id] of [...ids.entries()].reverse()) {
      const mark = evidence.length === 1 ? correlationId : `${correlationId}.${at + 1}`;
      const siblings = ids.filter((each) => each !== id);
      await stored(
        async () => {
          await this.#store.open.add(id, now + sweepAfterMs);
          await this.#store.index.name(connection.id, mark, id);
          await this.#store.records.create(
            {
              id,
              doc: accepted(acceptance, { mark, correlationId, siblings, now }),
              ledger: entryOf(acceptance, mark, now),
              evidence: evidence[at] ?? {},
            },
            now + patienceMs,
          );
          await this.#store.index.add(connection.id, { createdAt: now, id });
        },
        at === 0 ? 'unknown' : 'not_sent',
      );
    }
    const delay = Math.max((acceptance.notBefore ?? now) - now, 0);
    // Without its job the sweep finds it: what is stored is accepted.
    for (const id of ids) await addAdvance(this.#queue, id, delay).catch(() => undefined);
  }
}

/**
 * The id of another run of the same start: always the same for the same first one, so that a start that is taken up
 * again after a crash makes no further runs. The time of a UUIDv7 (RFC 9562 §5.7) stays, its random bits are a hash.
 */
function siblingOf(first: string, at: number): string {
  const [head = '', time = ''] = /^(.*r-)([\da-f]{8}-[\da-f]{4})-/.exec(first)?.slice(1) ?? [];
  const hash = createHash('sha256').update(`${first}/${at}`).digest('hex');
  const rest = `7${hash.slice(0, 3)}-8${hash.slice(3, 6)}-${hash.slice(6, 18)}`;
  return `${head}${time}-${rest}`;
}

function markOf(id: string): string {
  return id.slice(id.indexOf(':') + 1);
}

function entryOf(
  { connection, part, notBefore }: Acceptance,
  mark: string,
  now: number,
): LedgerEntry {
  const from = notBefore ?? now;
  return {
    state: 'accepted',
    connection: connection.id,
    part,
    mark,
    acceptedAt: now,
    notBefore: from,
    deadline: from + deadlineMs,
    token: null,
    sendBy: null,
    sentFrom: null,
    sentUntil: null,
    tries: 0,
    lastFailure: null,
    looks: 0,
  };
}

function accepted(
  { connection, process, input, labels }: Acceptance,
  {
    mark,
    correlationId,
    siblings,
    now,
  }: { mark: string; correlationId: string; siblings: readonly string[]; now: number },
): KeptRun {
  return {
    connection: connection.id,
    platform: connection.platform.name,
    nativeId: null,
    process,
    status: 'queued',
    upstreamStatus: null,
    final: false,
    outcome: null,
    evidence: null,
    settlement: null,
    attempt: 1,
    initiator: null,
    createdAt: instantOf(now),
    startedAt: null,
    finishedAt: null,
    updatedAt: instantOf(now),
    ...shortened({ input, output: null }),
    error: null,
    labels,
    correlationId,
    siblings,
    form: null,
    mark,
    isCancelling: false,
    pendingCancel: null,
    native: null,
  };
}

/** @throws InvalidRequestError */
function scheduleOf({ scheduleAt }: StartRunDto, now: number): number | null {
  if (scheduleAt === undefined) return null;
  const at = Date.parse(scheduleAt);
  if (at <= now + latestScheduleMs) return at;
  throw new InvalidRequestError('The body is not valid: scheduleAt lies more than a year ahead.', {
    outcome: 'not_sent',
    errors: [{ at: 'scheduleAt', message: 'must be within a year' }],
  });
}
