import type { Connection } from '../connections/connection.ts';
import { formatId } from '../domain/ids.ts';
import type { Run, RunLinks } from '../domain/run.ts';
import { link, linkTo } from '../http/links.ts';
import type { StoredRecord } from '../ledger/record.ts';
import type { KeptRun } from './kept-run.ts';

type Presenting = Pick<Connection, 'id' | 'capabilities'>;

/** A run as callers see it. */
export function toRun(
  connection: Presenting | null,
  { id, revision, doc }: Pick<StoredRecord<KeptRun>, 'id' | 'revision' | 'doc'>,
  withNative: boolean,
): Run {
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
    links: linksOf(connection, id, process, doc),
    native: withNative ? doc.native : null,
  };
}

function linksOf(
  connection: Presenting | null,
  id: string,
  process: string | null,
  { form, final }: KeptRun,
): RunLinks {
  const can = (capability: Connection['capabilities'][number]): boolean =>
    connection?.capabilities.includes(capability) === true;
  return {
    self: link`/v1/runs/${id}`,
    process: process === null ? null : link`/v1/processes/${process}`,
    events: link`/v1/runs/${id}/events`,
    log: can('log') ? link`/v1/runs/${id}/log` : null,
    attachments: can('attachments') ? link`/v1/runs/${id}/attachments` : null,
    cancel: can('cancel') && !final ? linkTo('POST', link`/v1/runs/${id}/cancel`) : null,
    form: form === null ? null : { href: form, method: 'GET' },
  };
}
