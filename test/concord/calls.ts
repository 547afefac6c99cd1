import { changes } from './calls/changes.calls.ts';
import { definitions } from './calls/definitions.calls.ts';
import type { Row } from './calls/make-call.ts';
import { outputs } from './calls/outputs.calls.ts';
import { runs } from './calls/runs.calls.ts';
import { signIn } from './calls/sign-in.calls.ts';
import { refusedStarts, starts } from './calls/starts.calls.ts';

/** Every call that is compared, by what it is about. */
export const calls: Readonly<Record<string, readonly Row[]>> = {
  'sign-in': signIn,
  definitions,
  runs,
  outputs,
  'refused starts': refusedStarts,
  starts,
  changes,
};
