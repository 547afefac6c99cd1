import type { Serving } from '../../support/http.ts';
import type { Stage } from '../../support/gateway.ts';

/** What the cases of a platform's documents are done with. */
export interface Given {
  readonly stage: Stage;
  /** The gateway, behind somebody who remembers what it was asked. */
  readonly gateway: Serving;
}

/** Does what a call of the documents is for, by its route, and sees that it came of it. */
export type DocumentCase = (given: Given) => Promise<void>;

/** The cases of a platform, by the call of the documents. */
export type DocumentCases = Readonly<Record<string, DocumentCase>>;

/** How often something has really happened on a platform, as often as its details say this too. */
export function effectsOn(
  { stage }: Given,
  platform: string,
  effect: string,
  details: Readonly<Record<string, unknown>> = {},
): number {
  return stage
    .sandbox(platform)
    .ledger()
    .filter(
      (each) =>
        each.effect === effect &&
        Object.entries(details).every(([name, value]) => each.details[name] === value),
    ).length;
}
