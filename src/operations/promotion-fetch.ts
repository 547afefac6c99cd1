import type { ConnectionRegistry } from '../connections/connection-registry.ts';
import { InternalError } from '../domain/errors.ts';
import type { Native } from '../domain/native.ts';
import type { Fetched, Refused } from '../ledger/ledger-kind.ts';
import type { Shown } from '../ledger/progress-notes.ts';
import { isFinal } from './import-ready.ts';
import { type KeptOperation, waitingFor } from './kept-operation.ts';
import type { PromotedFiles } from './promoted-files.ts';
import { digestsOf, promotionIn } from './promotion.ts';

/** What fetching takes. */
export interface FetchingTools {
  readonly connections: ConnectionRegistry;
  readonly promoted: PromotedFiles;
  /** Told what its operation says meanwhile. */
  readonly note: (shown: Shown<KeptOperation>) => void;
}

/** Exports what a promotion takes to the connection `to`, before it stands in the line of its imports. */
export async function fetchedPromotion(
  { connections, promoted, note }: FetchingTools,
  to: string,
  kept: Native,
  signal: AbortSignal,
): Promise<Fetched<KeptOperation> | Refused> {
  const promotion = promotionIn(kept);
  if (promotion === null)
    throw new InternalError('What was stored of a promotion cannot be read any more.');
  try {
    const route = { from: connections.get(promotion.from), to: connections.get(to) };
    const part = route.to.part('import');
    const total = promotion.items.length;
    const brought = (count: number): void => {
      const why = `Its versions are exported first: ${count} of ${total} are here.`;
      note((doc) => waitingFor(doc, why, Date.now()));
    };
    const files = await promoted.bring(promotion, route, signal, brought);
    const letGo = (): Promise<void> => promoted.remove(files);
    try {
      const evidence = part.prepare({ files, onConflict: promotion.onConflict });
      const ids = files.map(({ id }) => id);
      const digests = digestsOf(route.to, files);
      return { evidence, files: ids, shown: (doc) => ofFetched(doc, digests), letGo };
    } catch (error) {
      await letGo();
      throw error;
    }
  } catch (error) {
    if (!isFinal(error)) throw error;
    return { refusal: error };
  }
}

/** A plan is about what would be brought: what has been exported by now has to be that still. */
function ofFetched(doc: KeptOperation, digests: readonly string[]): KeptOperation {
  const { plan } = doc;
  if (plan === undefined) return doc;
  return { ...doc, plan: { ...plan, of: { ...plan.of, digests } } };
}
