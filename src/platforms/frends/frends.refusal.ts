import { GatewayError } from '../../domain/errors.ts';
import type { Learnt, StepState } from '../stepped-change.ts';

/** Sends what takes something away. An answer that there is none is looked into: it may be gone already. */
export async function unlessGone(
  send: () => Promise<void>,
  look: () => Promise<StepState>,
): Promise<Learnt> {
  try {
    await send();
    return {};
  } catch (error) {
    if (!(error instanceof GatewayError) || error.details.upstream?.status !== 404) throw error;
    const seen = await look();
    if (seen.state !== 'done') throw error;
    return seen.learnt ?? {};
  }
}
