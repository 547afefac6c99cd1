import { knownIdGuard } from '../connections/known-id.guard.ts';
import { unknownRun } from './runs.service.ts';

/** Refuses the id of a run of no connection. */
export const PossibleRunGuard = knownIdGuard(unknownRun);
