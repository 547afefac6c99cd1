import { ConflictError, GatewayError } from '../domain/errors.ts';
import { stored } from '../ledger/stored.ts';
import type { OperationStore } from './operation-store.ts';
import type { Turn } from './turns.ts';

/** A change that has stored nothing by then has died, in ms: checking it may take as long as its platform. */
const checkedMs = 120_000;
const soonMs = 1_000;

/**
 * Does `work` as the only change of a thing: what is checked against the platform stays so until it is sent.
 * @throws ConflictError while another operation changes it
 */
export async function oneAtATime<T>(
  store: OperationStore,
  thing: string,
  operation: string,
  work: () => Promise<T>,
): Promise<T> {
  const turn = await taken(store, thing, operation);
  try {
    return await work();
  } catch (error) {
    // What may have been accepted all the same keeps its turn until it has ended.
    const mayBeThere = !(error instanceof GatewayError) || error.details.outcome === 'unknown';
    if (!mayBeThere) await store.turns.leave(thing, turn).catch(() => undefined);
    throw error;
  }
}

async function taken(store: OperationStore, thing: string, operation: string): Promise<Turn> {
  const since = await stored(() => store.records.now());
  const own: Turn = { operation, since };
  let before: Turn | null = null;
  for (;;) {
    const over: Turn | null = before;
    const stands: Turn = await stored(() => store.turns.take(thing, own, over));
    if (stands.operation === operation) return stands.since === since ? own : stands;
    if (!(await stored(() => isOver(store, stands, since)))) throw notYet(thing, stands);
    before = stands;
  }
}

async function isOver(
  { records }: OperationStore,
  { operation, since }: Turn,
  now: number,
): Promise<boolean> {
  const record = await records.read(operation);
  return record === null ? now > since + checkedMs : record.doc.final;
}

function notYet(thing: string, { operation }: Turn): ConflictError {
  return new ConflictError(
    `${thing} is being changed by ${operation}: ask again once that has ended.`,
    {
      outcome: 'not_sent',
      retryable: true,
      retryAfterMs: soonMs,
      members: { operation },
    },
  );
}
