import type { ConnectionRegistry } from '../connections/connection-registry.ts';
import { changingCapabilities, type ChangingCapability } from '../domain/capability.ts';
import type { ChangeReceipt } from '../domain/change.ts';
import { InternalError } from '../domain/errors.ts';
import { formatId } from '../domain/ids.ts';
import type { LedgerKind, Verdict } from '../ledger/ledger-kind.ts';
import type { SendingPart, StoredRecord } from '../ledger/record.ts';
import {
  done,
  doubted,
  failed,
  instantOf,
  type KeptOperation,
  movedTo,
  progressed,
  waitingFor,
} from './kept-operation.ts';
import { importReady } from './import-ready.ts';
import type { OperationAudit } from './operation-audit.ts';
import type { OperationStore } from './operation-store.ts';
import type { PromotedFiles } from './promoted-files.ts';
import { fetchedPromotion } from './promotion-fetch.ts';

/** What operations have to do with besides their records. */
export interface OperationTools {
  readonly store: OperationStore;
  readonly connections: ConnectionRegistry;
  /** What was read of a connection before is no longer fresh. */
  readonly changed: (connection: string) => Promise<void>;
  readonly audit: OperationAudit;
  readonly promoted: PromotedFiles;
  readonly files: Pick<LedgerKind<KeptOperation, ChangeReceipt>, 'openFile' | 'removeFiles'>;
}

const phases = { accepted: 'queued', sending: 'sending', sent: 'verifying' } as const;

/** How the ledger sends changes, and what it makes of their operations. */
export function operationLedger({
  store,
  connections,
  changed,
  audit,
  files,
  promoted,
}: OperationTools): LedgerKind<KeptOperation, ChangeReceipt> {
  return {
    store: store.records,
    write: ({ connection, part }) => connections.get(connection).part(operatedPart(part)),
    atStep: ({ doc, ledger }, step) => {
      const now = Date.now();
      const reason = step === 'accepted' ? (ledger?.lastFailure ?? null) : null;
      return waitingFor(movedTo(doc, phases[step], now), reason, now);
    },
    atProgress: (doc, progress) => progressed(doc, progress, Date.now()),
    show,
    // Whoever reads that it is done reads what it has done, too.
    beforeConfirmed: ({ doc }) => changed(doc.connection),
    narrowed: async (record, doubt) => {
      // Looking again in vain is nothing that anybody has to be told.
      if (record.doc.outcome === 'unknown') return doubt;
      await changed(record.doc.connection);
      audit.doubted(record);
      return doubt;
    },
    settled: (record) => audit.ended(record),
    fetch: (_record, { connection }, evidence, signal, note) =>
      fetchedPromotion({ connections, promoted, note }, connection, evidence, signal),
    ready: ({ doc }, { part, connection }, evidence, signal) =>
      part === 'import'
        ? importReady(connections.get(connection), doc, evidence, signal)
        : Promise.resolve(null),
    // An import whose answer says nothing of what it made is looked for.
    names: ({ items }) => items.length > 0,
    ...files,
  };
}

function operatedPart(part: SendingPart): ChangingCapability | 'import' {
  if (part === 'import') return part;
  const found = changingCapabilities.find((each) => each === part);
  if (found === undefined) throw new InternalError(`${part} is no change`);
  return found;
}

function show(
  { doc, ledger }: StoredRecord<KeptOperation>,
  verdict: Verdict<ChangeReceipt>,
): KeptOperation {
  const now = Date.now();
  if (verdict.kind === 'confirmed') return done(doc, verdict.receipt, now);
  if ('problem' in verdict) return failed(doc, verdict.kind, verdict.problem, now);
  if (ledger === null) throw new InternalError('an operation in doubt has a ledger');
  const evidence = {
    detail: verdict.detail,
    sentFrom: instantOf(ledger.sentFrom ?? ledger.acceptedAt),
    sentUntil: instantOf(ledger.sentUntil ?? ledger.deadline),
    candidates: verdict.candidates.map((key) => formatId(doc.connection, key)),
    lookedAt: instantOf(verdict.lookedAt),
  };
  return doubted(doc, evidence, now);
}
