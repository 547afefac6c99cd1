import { type ChangedItem, isDone } from '../domain/change.ts';
import { formatId } from '../domain/ids.ts';
import type { Link } from '../domain/link.ts';
import type {
  Operation,
  OperationItem,
  OperationItemLinks,
  OperationProgress,
} from '../domain/operation.ts';
import { link, linkTo } from '../http/links.ts';
import type { KeptOperation } from './kept-operation.ts';

/** An operation as it is told: from its record, or as an event of it. */
export interface Presented {
  readonly id: string;
  readonly revision: number;
  readonly doc: KeptOperation;
}

/** An operation as callers see it. */
export function toOperation({ id, revision, doc }: Presented): Operation {
  const { connection, items } = doc;
  const key = doc.kind === 'import' ? importedProcess(doc) : doc.process;
  const process = key === null ? null : formatId(connection, key);
  return {
    id,
    kind: doc.kind,
    connection,
    platform: doc.platform,
    process,
    status: doc.status,
    final: doc.final,
    phase: doc.phase,
    waitingFor: doc.final ? null : (doc.waitingFor ?? null),
    outcome: doc.outcome,
    evidence: doc.evidence === null ? null : { candidates: [], ...doc.evidence },
    settlement: doc.settlement,
    revision,
    progress: progressOf(doc),
    createdAt: doc.createdAt,
    startedAt: doc.startedAt,
    finishedAt: doc.finishedAt,
    updatedAt: doc.updatedAt,
    input: doc.input,
    result: items === null ? null : { items: items.map((item) => toItem(connection, item)) },
    problem: doc.problem,
    links: {
      self: link`/v1/operations/${id}`,
      events: link`/v1/operations/${id}/events`,
      process: processNow(doc),
      cancel: doc.phase === 'queued' ? linkTo('POST', link`/v1/operations/${id}/cancel`) : null,
    },
  };
}

/**
 * The only process of an import, once it is known: a file may be called otherwise than what is made of it, and of one that
 * failed, or that cannot be told from others, nothing need stand there.
 */
function importedProcess({ final, items }: KeptOperation): string | null {
  const [only, ...others] = final ? (items ?? []) : [];
  if (only === undefined || others.length > 0 || only.effect === 'failed') return null;
  return only.effect === 'created' && only.version === null ? null : only.process;
}

/** Where the process stands by now; null once it is gone. */
function processNow(doc: KeptOperation): Link | null {
  const { kind, connection, status, items } = doc;
  const process = kind === 'import' ? importedProcess(doc) : doc.process;
  const isGone = items?.some((item) => item.effect === 'deleted' && item.version === null) ?? false;
  if (process === null || isGone || (kind === 'delete_process' && status === 'succeeded'))
    return null;
  const renamed = items?.find(({ effect }) => effect === 'renamed');
  return link`/v1/processes/${formatId(connection, renamed?.process ?? process)}`;
}

/** One thing that a change does, or has done, as callers see it. */
export function toItem(connection: string, item: ChangedItem): OperationItem {
  return {
    ...item,
    process: formatId(connection, item.process),
    links: linksOf(formatId(connection, item.process), item),
  };
}

function linksOf(
  process: string,
  { version, deployment, effect }: ChangedItem,
): OperationItemLinks {
  const isGone = effect === 'deleted';
  const hasVersion = version !== null && !isGone;
  return {
    process: isGone && version === null ? null : link`/v1/processes/${process}`,
    version: hasVersion ? link`/v1/processes/${process}/versions/${version}` : null,
    deployments: deployment === null ? null : link`/v1/processes/${process}/deployments`,
  };
}

function progressOf({ planned, items, done = 0 }: KeptOperation): OperationProgress {
  const total = planned.length;
  return { done: items?.filter(isDone).length ?? Math.min(done, total), total, unit: 'items' };
}
