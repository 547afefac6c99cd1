import { UpstreamRejectedError } from '../../domain/errors.ts';

/** `errorCode` of a name that stands already, whatever the status of the answer. */
const nameAlreadyUsed = '1001';

/** Whether the platform says that there is one of this name already. */
export function isTaken(error: unknown): boolean {
  if (!(error instanceof UpstreamRejectedError)) return false;
  const { upstream } = error.details;
  return upstream?.status === 409 || upstream?.code === nameAlreadyUsed;
}
