import type { FastifyReply } from 'fastify';
import type { Connection } from '../connections/connection.ts';
import type { Observation } from '../domain/import.ts';
import type { Plan } from '../domain/operation.ts';
import { otherPlan, planTokenOf } from '../operations/import-ready.ts';
import type { KeptOperation, PlannedImport } from '../operations/kept-operation.ts';
import { toItem } from '../operations/operation.presenter.ts';

/** What an import or a promotion would do now. */
export interface ImportPlan extends Plan {
  /** Names the plan: with it as `If-Match`, the import is done only where the plan still holds. */
  readonly planToken: string;
}

/** What is held against a platform. */
export interface Planned {
  readonly kind: 'import' | 'promote';
  readonly connection: Connection;
  readonly onConflict: string;
  /** What its files are told from others by. */
  readonly digests: readonly string[];
}

/** What it would do. @throws PreconditionFailedError where that is not the plan which the token names; null: none */
export function planOf(planned: Planned, seen: Observation, token: string | null): ImportPlan {
  const { kind, connection } = planned;
  const planToken = planTokenOf(ofPlan(planned), seen);
  if (token !== null && token !== planToken) throw otherPlan(connection);
  return {
    kind,
    connection: connection.id,
    platform: connection.platform.name,
    process: null,
    items: seen.items.map((item) => toItem(connection.id, item)),
    planToken,
  };
}

/** A plan that holds, as the operation that was asked for by it keeps it until it is its turn. @throws PreconditionFailedError */
export function keptPlan(
  planned: Planned,
  seen: Observation,
  token: string,
): Required<Pick<KeptOperation, 'plan'>> {
  planOf(planned, seen, token);
  return { plan: { of: ofPlan(planned), token } };
}

/** Answers with a plan. */
export function sendPlan(reply: FastifyReply, plan: ImportPlan): void {
  void reply.code(200).header('etag', `"${plan.planToken}"`);
  void reply.header('cache-control', 'no-store').send(plan);
}

function ofPlan({ connection, onConflict, digests }: Planned): PlannedImport {
  return { connection: connection.id, onConflict, digests };
}
