import { knownIdGuard } from '../connections/known-id.guard.ts';
import { noProcess } from './process-reads.ts';

/** Refuses the id of a process of no connection. */
export const PossibleProcessGuard = knownIdGuard(noProcess);
