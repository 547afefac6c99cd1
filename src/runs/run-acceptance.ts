import { Inject, Injectable } from '@nestjs/common';
import type { Queue } from 'bullmq';
import { createHash } from 'node:crypto';
import { v7 as uuid } from 'uuid';
import { within } from '../timing/within.ts';
import type { Connection } from '../connections/connection.ts';
import { GatewayError, StoreUnavailableError } from '../domain/errors.ts';
import { formatId } from '../domain/ids.ts';
import type { Native } from '../domain/native.ts';
import { IdempotencyKeys } from '../ledger/idempotency.ts';
import { addAdvance, type LedgerJob } from '../ledger/ledger.queue.ts';
import type { LedgerEntry, NewRecord, SendingPart } from '../ledger/record.ts';
import { stored } from '../ledger/stored.ts';
import { instantOf, type KeptRun, shortened } from './kept-run.ts';
import { LEDGER_QUEUE } from './runs.queue.ts';
import { RunStore } from './run-store.ts';

/** Who asks for a start, and under which key. */
export interface KeyedStart {
  /** Keys of one caller are unknown to others. */
  readonly caller: string;
  readonly idempotencyKey: string | null;
}

/** A start that was accepted, now or by an earlier request with its key. */
export interface Accepted {
  readonly id: string;
  readonly isReplay: boolean;
}

/** What is accepted. */
export interface Acceptance {
  readonly part: SendingPart;
  /** Native key of the process; null when it belongs to none. */
  readonly process: string | null;
  readonly input: Native | null;
  readonly labels: readonly string[];
  /** Null: at once. */
  readonly notBefore: number | null;
  /** Ids of the files that are sent with it. */
  readonly files: readonly string[];
  /** What sending it takes: one for each run that it makes. */
  readonly evidence: readonly Native[];
}

/** A start is sent within this time, or not at all, in ms. */
const deadlineMs = 60_000;
/** What Redis has not taken by then was not taken: the caller has been told so. */
const patienceMs = 1_000;
const sweepAfterMs = 15_000;

/** Writes down starts, each once; what is written down is sent. */
@Injectable()
export class RunAcceptance {
  readonly #store: RunStore;
  readonly #keys: IdempotencyKeys;
  readonly #queue: Queue<LedgerJob>;

  constructor(
    @Inject(RunStore) store: RunStore,
    @Inject(IdempotencyKeys) keys: IdempotencyKeys,
    @Inject(LEDGER_QUEUE) queue: Queue<LedgerJob>,
  ) {
    this.#store = store;
    this.#keys = keys;
    this.#queue = queue;
  }

  /** The time of the store, in ms since 1970. @throws StoreUnavailableError */
  now(): Promise<number> {
    return stored(() => this.#store.records.now());
  }

  /**
   * Accepts what `prepare` makes of a start whose runs the upstream will know by the mark, unless an earlier request
   * with the same key was accepted.
   */
  async once(
    { caller, idempotencyKey }: KeyedStart,
    fingerprint: string,
    connection: Connection,
    prepare: (mark: string) => Promise<Acceptance>,
  ): Promise<Accepted> {
    const own = formatId(connection.id, `r-${uuid()}`);
    const make = async (id: string): Promise<Accepted> => {
      await this.#accept(connection, id, await prepare(markOf(id)));
      return { id, isReplay: false };
    };
    if (idempotencyKey === null) return make(own);
    const exists = async (id: string): Promise<boolean> =>
      (await this.#store.records.read(id)) !== null;
    const claim = await stored(() =>
      this.#keys.claim(caller, idempotencyKey, fingerprint, own, exists),
    );
    if (claim.isReplay) return claim;
    try {
      return await make(claim.id);
    } catch (error) {
      // Kept, a key would answer for a start that there never was; of one in doubt it has to stay.
      if (error instanceof GatewayError && !isInDoubt(error))
        await this.#keys.release(caller, idempotencyKey, claim).catch(() => undefined);
      throw error;
    }
  }

  /** Stores the runs of a start, the one that the caller is told last: where it is, they all are. */
  async #accept(connection: Connection, first: string, acceptance: Acceptance): Promise<void> {
    const now = await this.now();
    const began = performance.now();
    const { evidence } = acceptance;
    const ids = evidence.map((_, at) => (at === 0 ? first : siblingOf(first, at)));
    const correlationId = markOf(first);
    const made: string[] = [];
    for (const [at, id] of [...ids.entries()].reverse()) {
      const mark = evidence.length === 1 ? correlationId : `${correlationId}.${at + 1}`;
      const siblings = ids.filter((each) => each !== id);
      const record = {
        id,
        doc: queued(connection, acceptance, { mark, correlationId, siblings, now }),
        ledger: entryOf(connection, acceptance, mark, now),
        evidence: evidence[at] ?? {},
      };
      const notAfter = Math.floor(now + performance.now() - began) + patienceMs;
      try {
        const outcome = at === 0 ? 'unknown' : 'not_sent';
        if (await stored(() => this.#write(record, now, notAfter), outcome)) made.push(id);
      } catch (error) {
        throw await this.#takenBack(made, error);
      }
    }
    const delay = Math.max((acceptance.notBefore ?? now) - now, 0);
    const added = Promise.all(ids.map((id) => addAdvance(this.#queue, id, delay)));
    // Without its job the sweep finds it: what is stored is accepted.
    await within(
      added.catch(() => undefined),
      patienceMs,
    );
  }

  async #write(
    record: NewRecord<KeptRun> & { readonly ledger: LedgerEntry },
    now: number,
    notAfter: number,
  ): Promise<boolean> {
    const { id, doc, ledger } = record;
    await this.#store.open.add(id, ledger.notBefore + sweepAfterMs);
    await this.#store.index.name(doc.connection, ledger.mark, id);
    const isNew = await this.#store.records.create(record, notAfter);
    await this.#store.index.add(doc.connection, { createdAt: now, id });
    return isNew;
  }

  /** The error, when none of its runs is left that would be sent all the same. */
  async #takenBack(made: readonly string[], error: unknown): Promise<unknown> {
    if (isInDoubt(error)) return error;
    const gone = await Promise.all(made.map((id) => this.#store.records.withdraw(id)));
    if (gone.every(Boolean)) return error;
    return new StoreUnavailableError(
      'Redis was lost while the runs were stored, so some of them may be started: send it again with the same Idempotency-Key, or look for them in the list.',
      { outcome: 'unknown', cause: error },
    );
  }
}

/** Whether what failed may have been accepted all the same. */
export function isInDoubt(error: unknown): boolean {
  return error instanceof GatewayError && error.details.outcome === 'unknown';
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
  connection: Connection,
  { part, notBefore, files }: Acceptance,
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
    absentSince: null,
    files,
  };
}

function queued(
  connection: Connection,
  { process, input, labels }: Acceptance,
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
