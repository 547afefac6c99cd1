import type { ConnectionRegistry } from '../connections/connection-registry.ts';
import type { Connection } from '../connections/connection.ts';
import {
  ConflictError,
  GatewayError,
  PreconditionFailedError,
  type ProblemCode,
} from '../domain/errors.ts';
import type { ImportFile, Observation } from '../domain/import.ts';
import type { Native } from '../domain/native.ts';
import { fingerprintOf } from '../ledger/idempotency.ts';
import type { Ready } from '../ledger/ledger-kind.ts';
import type { LedgerEntry } from '../ledger/record.ts';
import { deadline } from '../timing/deadline.ts';
import type { KeptOperation, PlannedImport } from './kept-operation.ts';
import { type PromotedFiles, type Promotion, promotionIn } from './promotion.ts';

const requestsPerLook = 6;

const final: ReadonlySet<ProblemCode> = new Set([
  'not_found',
  'too_large',
  'invalid_file',
  'invalid_request',
  'upstream_rejected',
  'capability_not_supported',
]);

/** Names a plan: another one as soon as anything of the platform has changed that the import depends on. */
export function planTokenOf(planned: PlannedImport, { basis, items }: Observation): string {
  return fingerprintOf('import', '', { ...planned, basis, items });
}

/** How long looking at the platform for an import may take, in ms. */
export function importLookMs({ config, adapter }: Connection): number {
  return adapter.parts.import?.lookMs ?? config.timeout * requestsPerLook;
}

/** What bringing imports up to date takes. */
export interface ImportTools {
  readonly connections: ConnectionRegistry;
  readonly promoted: PromotedFiles;
}

/** Holds an import against its platform right before it is sent; the files of a promotion are fetched first. */
export async function importReady(
  { connections, promoted }: ImportTools,
  { connection: id, files }: Pick<LedgerEntry, 'connection' | 'files'>,
  { plan }: KeptOperation,
  kept: Native,
): Promise<Ready<KeptOperation>> {
  const connection = connections.get(id);
  const promotion = promotionIn(kept);
  try {
    if (promotion === null) return await observed(connection, plan, kept, files);
    return await promotedReady({ connections, promoted }, connection, promotion, plan);
  } catch (error) {
    // Nothing of it gets better by waiting.
    if (!(error instanceof GatewayError) || !final.has(error.code)) throw error;
    return { evidence: kept, shown: (doc) => doc, files, refusal: error };
  }
}

async function promotedReady(
  { connections, promoted }: ImportTools,
  connection: Connection,
  promotion: Promotion,
  plan: KeptOperation['plan'],
): Promise<Ready<KeptOperation>> {
  const part = connection.part('import');
  const from = connections.get(promotion.from);
  const timeLeft = deadline(from.config.importTimeout);
  const brought = await promoted.bring(promotion, { from, to: connection }, timeLeft);
  try {
    const { onConflict } = promotion;
    const evidence = part.prepare({ files: brought, onConflict });
    const ids = brought.map((file) => file.id);
    return await observed(connection, planOfNow(plan, brought), evidence, ids);
  } catch (error) {
    await promoted.remove(brought);
    throw error;
  }
}

/** A plan is about what would be brought: what is exported by now has to be that still. */
function planOfNow(
  plan: KeptOperation['plan'],
  brought: readonly Pick<ImportFile, 'sha256'>[],
): KeptOperation['plan'] {
  const digests = brought.map(({ sha256 }) => sha256);
  return plan === undefined ? plan : { ...plan, of: { ...plan.of, digests } };
}

async function observed(
  connection: Connection,
  plan: KeptOperation['plan'],
  kept: Native,
  files: readonly string[],
): Promise<Ready<KeptOperation>> {
  const part = connection.part('import');
  const seen = await part.observe(kept, deadline(importLookMs(connection)));
  const shown = (current: KeptOperation): KeptOperation => ({ ...current, planned: seen.items });
  const { evidence } = seen;
  return { evidence, shown, files, refusal: refusalOf(connection, plan, seen) };
}

/** The error of a plan that does not hold any more. */
export function otherPlan({ id, platform }: Connection): PreconditionFailedError {
  return new PreconditionFailedError(
    `${platform.title} (${id}) is not as it was planned any more, or the plan was made for something else: plan it anew.`,
    { connection: id, platform: platform.name, outcome: 'not_sent' },
  );
}

function refusalOf(
  connection: Connection,
  plan: KeptOperation['plan'],
  seen: Observation,
): GatewayError | null {
  if (plan !== undefined && planTokenOf(plan.of, seen) !== plan.token) return otherPlan(connection);
  const { id, platform } = connection;
  const known = { connection: id, platform: platform.name, outcome: 'not_sent' } as const;
  const taken = seen.items.filter(({ effect }) => effect === 'conflict');
  const [first] = taken;
  if (first === undefined) return null;
  const which = `${first.process}${first.version === null ? '' : ` ${first.version}`}`;
  const others = taken.length === 1 ? '' : ` and ${taken.length - 1} more`;
  if (first.problem !== null) return new ConflictError(first.problem.detail, known);
  return new ConflictError(
    `${platform.title} (${id}) has ${which}${others} already, so nothing was imported; onConflict says what is to become of such.`,
    known,
  );
}
