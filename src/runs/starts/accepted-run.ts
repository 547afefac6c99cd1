import { createHash } from 'node:crypto';
import type { Connection } from '../../connections/connection.ts';
import type { Native } from '../../domain/native.ts';
import { newEntry } from '../../ledger/new-entry.ts';
import type { LedgerEntry, SendingPart } from '../../ledger/record.ts';
import { instantOf, type KeptRun, shortened } from '../kept-run.ts';
import type { AskedBy } from '../run-audit.ts';

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

/** A start is sent within this time after it could be sent first, or not at all, in ms. */
const deadlineMs = 60_000;

/**
 * The id of another run of the same start: always the same for the same first one, so that a start that is taken up
 * again after a crash makes no further runs. The time of a UUIDv7 (RFC 9562 §5.7) stays, its random bits are a hash.
 */
export function siblingOf(first: string, at: number): string {
  const [head = '', time = ''] = /^(.*r-)([\da-f]{8}-[\da-f]{4})-/.exec(first)?.slice(1) ?? [];
  const hash = createHash('sha256').update(`${first}/${at}`).digest('hex');
  const rest = `7${hash.slice(0, 3)}-8${hash.slice(3, 6)}-${hash.slice(6, 18)}`;
  return `${head}${time}-${rest}`;
}

/** What the upstream is told to know the run by. */
export function markOf(id: string): string {
  return id.slice(id.indexOf(':') + 1);
}

/** Where its write stands as it is accepted. */
export function entryOf(
  connection: Connection,
  { part, notBefore, files }: Acceptance,
  mark: string,
  now: number,
): LedgerEntry {
  return newEntry({
    connection: connection.id,
    part,
    mark,
    files,
    acceptedAt: now,
    notBefore: notBefore ?? now,
    deadlineMs,
  });
}

/** What callers see of it as it is accepted. */
export function queued(
  connection: Connection,
  { process, input, labels, notBefore }: Acceptance,
  {
    mark,
    correlationId,
    siblings,
    by,
    now,
  }: {
    mark: string;
    correlationId: string;
    siblings: readonly string[];
    by: AskedBy;
    now: number;
  },
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
    ...(notBefore === null || notBefore <= now ? {} : { scheduledAt: instantOf(notBefore) }),
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
    caller: by.caller,
    requestId: by.requestId,
  };
}
