import type { Connection } from '../connections/connection.ts';
import {
  ConflictError,
  GatewayError,
  PreconditionFailedError,
  type ProblemCode,
} from '../domain/errors.ts';
import type { Observation } from '../domain/import.ts';
import type { Native } from '../domain/native.ts';
import { fingerprintOf } from '../ledger/idempotency.ts';
import type { Ready } from '../ledger/ledger-kind.ts';
import { deadline } from '../timing/deadline.ts';
import type { KeptOperation, PlannedImport } from './kept-operation.ts';

const requestsPerLook = 6;

/** Nothing of it gets better by waiting. */
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

/** Whether an import that fails so before it is sent can never be sent. */
export function isFinal(error: unknown): error is GatewayError {
  return error instanceof GatewayError && final.has(error.code);
}

/** Holds an import against its platform right before it is sent. */
export async function importReady(
  connection: Connection,
  { plan }: KeptOperation,
  kept: Native,
  signal: AbortSignal,
): Promise<Ready<KeptOperation>> {
  try {
    return await observed(connection, plan, kept, signal);
  } catch (error) {
    if (!isFinal(error)) throw error;
    return { evidence: kept, shown: (doc) => doc, refusal: error };
  }
}

async function observed(
  connection: Connection,
  plan: KeptOperation['plan'],
  kept: Native,
  signal: AbortSignal,
): Promise<Ready<KeptOperation>> {
  const part = connection.part('import');
  const seen = await part.observe(kept, deadline(importLookMs(connection), signal));
  const shown = (current: KeptOperation): KeptOperation => ({ ...current, planned: seen.items });
  const { evidence } = seen;
  return { evidence, shown, refusal: refusalOf(connection, plan, seen) };
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
