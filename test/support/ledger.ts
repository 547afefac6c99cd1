import { randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import type { Redis } from 'ioredis';
import { pino } from 'pino';
import {
  GatewayError,
  StoreUnavailableError,
  UpstreamRejectedError,
  UpstreamTimeoutError,
  UpstreamUnavailableError,
} from '../../src/domain/errors.ts';
import type { Native } from '../../src/domain/native.ts';
import type {
  CertainWrite,
  Departure,
  Reconciliation,
  SentWindow,
} from '../../src/domain/write.ts';
import { Ledger } from '../../src/ledger/ledger.ts';
import type { LedgerKind, LedgerTiming, Verdict } from '../../src/ledger/ledger-kind.ts';
import type { LedgerEntry, StoredRecord } from '../../src/ledger/record.ts';
import { RecordStore } from '../../src/ledger/record-store.ts';
import { remainingMs } from '../../src/timing/deadline.ts';

/** What callers see of a write of these tests. */
export interface Shown {
  readonly verdict: Verdict<string>['kind'] | null;
  readonly detail: string | null;
  readonly receipt: string | null;
}

/** What a platform does with one request: the words say whether it takes effect, and what the sender hears. */
export type Deed =
  | 'answers'
  /** It takes effect, the answer is lost. */
  | 'loses'
  /** It is lost on its way. */
  | 'swallows'
  | 'refuses'
  /** The sender never hears anything, as one that is killed meanwhile. */
  | 'hangs'
  | 'acts and hangs'
  /** A part of it takes effect, the answer is lost. */
  | 'breaks off'
  | GatewayError;

/** A platform that does what it is told to, and keeps a ledger of what has really happened. */
export class ToldPlatform implements CertainWrite<string> {
  repeatable = true;
  timeoutMs = 400;
  showsWithinMs = 120;
  lookMs?: number;
  /** Of bringing files. */
  uploadTime = 0;
  /** How long it is asked to wait. */
  waitTime = 0;
  /** For how long after its first request others leave. */
  spanTime = 0;
  /** Of the requests to come; it answers when nothing is left. */
  deeds: Deed[] = [];
  /** Marks of what took effect. */
  readonly effects: string[] = [];
  /** Marks of what took effect in part. */
  readonly begun = new Set<string>();
  sends = 0;
  looks = 0;
  /** How long the last look might take, in ms. */
  looksFor = 0;
  /** For so many looks what took effect is not shown yet. */
  hiddenLooks = 0;
  /** What it shows of a write, instead of the truth. */
  shows: Reconciliation<string> | GatewayError | null = null;
  /** Held back before the permit, as in a process that stands still. */
  pause: Promise<void> | null = null;

  uploadMs(): number {
    return this.uploadTime;
  }

  waitMs(): number {
    return this.waitTime;
  }

  spanMs(): number {
    return this.spanTime;
  }

  async send(evidence: Native, departure: Departure): Promise<string> {
    const mark = markIn(evidence);
    this.sends += 1;
    if (this.pause !== null) await this.pause;
    departure.permit();
    const deed = this.deeds.shift() ?? 'answers';
    if (deed instanceof GatewayError) throw deed;
    if (deed === 'refuses') throw refusal();
    if (deed === 'answers' || deed === 'loses' || deed === 'acts and hangs')
      this.effects.push(mark);
    if (deed === 'hangs' || deed === 'acts and hangs') await new Promise(() => undefined);
    if (deed === 'breaks off') this.begun.add(mark);
    if (deed === 'loses' || deed === 'swallows' || deed === 'breaks off') throw lost();
    return `native ${mark}`;
  }

  reconcile(
    evidence: Native,
    _sent: SentWindow,
    signal: AbortSignal,
  ): Promise<Reconciliation<string>> {
    const mark = markIn(evidence);
    this.looks += 1;
    this.looksFor = remainingMs(signal);
    if (this.shows instanceof GatewayError) return Promise.reject(this.shows);
    if (this.shows !== null) return Promise.resolve(this.shows);
    const isShown = this.looks > this.hiddenLooks;
    if (isShown && this.effects.includes(mark))
      return Promise.resolve({ state: 'applied', receipt: `native ${mark}` });
    if (isShown && this.begun.has(mark))
      return Promise.resolve({ state: 'partial', receipt: `part of ${mark}` });
    return Promise.resolve({ state: 'absent' });
  }
}

/** A store whose clock can be set forward. */
export class SetStore extends RecordStore<Shown> {
  aheadMs = 0;

  override async now(): Promise<number> {
    return (await super.now()) + this.aheadMs;
  }
}

/** Short enough to wait for. */
export const shortTiming: LedgerTiming = {
  sendWindow: 300,
  progressEvery: 20,
  firstRetry: 20,
  longestRetry: 80,
  settle: 1_000,
  doubt: 60_000,
  doubtEvery: 500,
  begun: 0,
  lateEvery: 160,
  late: 60_000,
};

export const silent = pino({ level: 'silent' });
const empty: Shown = { verdict: null, detail: null, receipt: null };

/** A store of records of these tests. */
export function storeOf(redis: Redis, prefix: string, minReplicas = 0): SetStore {
  return new SetStore(redis, { prefix, kind: 'write', keepMs: () => null, minReplicas });
}

/** How records of these tests are sent and shown. */
export function kindOf(
  store: RecordStore<Shown>,
  platform: CertainWrite<string>,
): LedgerKind<Shown, string> {
  return {
    store,
    write: () => platform,
    show: ({ doc }, verdict) =>
      doc.verdict === 'unknown' && verdict.kind === 'unknown' ? doc : shownAs(verdict),
    beforeConfirmed: () => Promise.resolve(),
    openFile: () => Promise.resolve(Readable.from([])),
    removeFiles: () => Promise.resolve(),
  };
}

/** One process that sends. */
export function processOf(
  store: RecordStore<Shown>,
  platform: CertainWrite<string>,
  timing: LedgerTiming = shortTiming,
): Ledger<Shown, string> {
  return new Ledger(kindOf(store, platform), silent, timing);
}

/** What has not left, and never can. */
export function hopeless(): GatewayError {
  return new StoreUnavailableError('Gone.', { sent: 'no', retryable: false });
}

/** Stores a write that was accepted; gives its id, which is its mark too. */
export async function accept(
  store: RecordStore<Shown>,
  about: { readonly deadlineMs?: number; readonly afterMs?: number; readonly id?: string } = {},
): Promise<string> {
  const { deadlineMs = 10_000, afterMs = 0, id = randomUUID() } = about;
  const now = await store.now();
  await store.create({
    id,
    doc: empty,
    ledger: entryOf(id, now, { notBefore: now + afterMs, deadline: now + deadlineMs }),
    evidence: { mark: id },
  });
  return id;
}

/** A record as it was accepted. */
function entryOf(
  mark: string,
  now: number,
  times: Pick<LedgerEntry, 'notBefore' | 'deadline'>,
): LedgerEntry {
  return {
    state: 'accepted',
    connection: 'told',
    part: 'starts',
    mark,
    acceptedAt: now,
    ...times,
    token: null,
    sendBy: null,
    sentFrom: null,
    sentUntil: null,
    tries: 0,
    lastFailure: null,
    looks: 0,
    absentSince: null,
    files: [],
  };
}

/** The record, which has to be there. */
export async function recordOf(
  store: RecordStore<Shown>,
  id: string,
): Promise<StoredRecord<Shown> & { readonly ledger: LedgerEntry }> {
  const record = await store.read(id);
  const ledger = record?.ledger ?? null;
  if (record === null || ledger === null) throw new Error(`${id} is not there`);
  return { ...record, ledger };
}

/** An error of a request that may have arrived. */
export function lost(): GatewayError {
  return new UpstreamUnavailableError('The connection broke.', { sent: 'maybe' });
}

/** The same of one that somebody still held when it was given up. */
export function givenUp(): GatewayError {
  return new UpstreamTimeoutError('No answer came in time.', { sent: 'maybe' });
}

function refusal(): GatewayError {
  return new UpstreamRejectedError('There is no such thing.', {
    sent: 'maybe',
    upstream: { status: 400, code: null, message: 'no such thing', requestId: null },
  });
}

function shownAs(verdict: Verdict<string>): Shown {
  if ('problem' in verdict)
    return { verdict: verdict.kind, detail: verdict.problem.message, receipt: null };
  if (verdict.kind === 'unknown')
    return { verdict: 'unknown', detail: verdict.detail, receipt: null };
  return { verdict: 'confirmed', detail: null, receipt: verdict.receipt };
}

function markIn(evidence: Native): string {
  return String(evidence['mark']);
}
