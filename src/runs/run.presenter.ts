import type { Connection } from '../connections/connection.ts';
import { formatId } from '../domain/ids.ts';
import type { Run, RunLinks } from '../domain/run.ts';
import { link, linkTo } from '../http/links.ts';
import type { StoredRecord } from '../ledger/record.ts';
import type { KeptRun } from './kept-run.ts';

type Presenting = Pick<Connection, 'id' | 'capabilities'>;
/** A run, with its write where that is at hand: what is told of its changes has none. */
type Presented = Pick<StoredRecord<KeptRun>, 'id' | 'revision' | 'doc'> &
  Partial<Pick<StoredRecord<KeptRun>, 'ledger'>>;

/** A run as callers see it. */
export function toRun(
  connection: Presenting | null,
  presented: Presented,
  withNative: boolean,
): Run {
  const { id, revision, doc } = presented;
  const process = doc.process === null ? null : formatId(doc.connection, doc.process);
  return {
    id,
    nativeId: doc.nativeId,
    connection: doc.connection,
    platform: doc.platform,
    process,
    status: doc.status,
    upstreamStatus: doc.upstreamStatus,
    final: doc.final,
    outcome: doc.outcome,
    evidence: doc.evidence,
    settlement: doc.settlement,
    attempt: doc.attempt,
    revision,
    initiator: doc.initiator,
    createdAt: doc.createdAt,
    scheduledAt: doc.scheduledAt ?? null,
    startedAt: doc.startedAt,
    finishedAt: doc.finishedAt,
    updatedAt: doc.updatedAt,
    input: doc.input,
    output: doc.output,
    truncated: doc.truncated,
    error: doc.error,
    labels: doc.labels,
    correlationId: doc.correlationId,
    siblings: doc.siblings,
    links: linksOf(connection, process, presented),
    native: withNative ? doc.native : null,
  };
}

function linksOf(
  connection: Presenting | null,
  process: string | null,
  presented: Presented,
): RunLinks {
  const { id, doc } = presented;
  const { form, final, nativeId, outcome } = doc;
  const can = (capability: Connection['capabilities'][number]): boolean =>
    connection?.capabilities.includes(capability) === true;
  const isStoppable = can('cancel') || (connection !== null && mayBeUnsent(presented));
  // It is stopped as soon as it shows.
  const mayComeYet = nativeId === null && outcome === 'unknown';
  return {
    self: link`/v1/runs/${id}`,
    process: process === null ? null : link`/v1/processes/${process}`,
    events: link`/v1/runs/${id}/events`,
    log: can('log') ? link`/v1/runs/${id}/log` : null,
    attachments: can('attachments') ? link`/v1/runs/${id}/attachments` : null,
    cancel:
      isStoppable && (!final || mayComeYet) ? linkTo('POST', link`/v1/runs/${id}/cancel`) : null,
    form: form === null ? null : { href: form, method: 'GET' },
  };
}

/** What has not left can be stopped here, whatever its platform can; its write may have gone on since it was read. */
function mayBeUnsent({ doc, ledger }: Presented): boolean {
  const { mark, nativeId, outcome } = doc;
  const waits = ledger === undefined ? isScheduled(doc) : ledger?.state === 'accepted';
  return mark !== null && nativeId === null && outcome === null && waits;
}

/** Whether it is not to be sent yet. */
export function isScheduled({ scheduledAt }: KeptRun): boolean {
  return scheduledAt !== undefined && Date.parse(scheduledAt) > Date.now();
}
