import { quantile } from '../runs/process-cost.ts';

/**
 * Turns of all contestants in rounds, one after the other, so that whatever else the machine does meets all of them. The
 * first round warms up and does not count.
 */
export async function interleaved<C extends { readonly name: string }, T>(
  contestants: readonly C[],
  rounds: number,
  turn: (contestant: C, isWarmUp: boolean) => Promise<T>,
): Promise<ReadonlyMap<string, readonly T[]>> {
  const turns = new Map<string, T[]>(contestants.map(({ name }) => [name, []]));
  for (let round = 0; round <= rounds; round += 1) {
    for (const contestant of contestants) {
      const taken = await turn(contestant, round === 0);
      if (round > 0) turns.get(contestant.name)?.push(taken);
    }
  }
  return turns;
}

/** The median of what is read off turns. */
export function middle<T>(turns: readonly T[], of: (turn: T) => number): number {
  return quantile(turns.map(of), 0.5);
}

/** Turns against those of a peer, round by round: the median of the ratios, the least and the most of them. */
export function against<T>(
  own: readonly T[],
  peer: readonly T[] | undefined,
  of: (turn: T) => number,
): string {
  if (peer === undefined || peer === own) return '';
  const ratios = own.flatMap((turn, round) => {
    const other = peer[round];
    return other === undefined ? [] : [of(turn) / of(other)];
  });
  const [least, most] = [Math.min(...ratios), Math.max(...ratios)];
  return `${quantile(ratios, 0.5).toFixed(2)} (${least.toFixed(2)}–${most.toFixed(2)})`;
}
