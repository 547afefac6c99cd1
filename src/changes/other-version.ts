import { InvalidRequestError } from '../domain/errors.ts';
import type { ChangeOrder } from './changes.ts';

/** An alias may name a version as well: which of the two is meant, nobody can tell. @throws InvalidRequestError */
export function refuseOtherVersion(
  id: string,
  found: { readonly id: string; readonly version: string | null },
  { version }: ChangeOrder,
): void {
  if (version === undefined || found.version === null || found.version === version) return;
  throw new InvalidRequestError(
    `"${id}" names version ${found.version} of ${found.id}, and this is about version ${version}: use its own id.`,
    {
      outcome: 'not_sent',
      errors: [{ at: 'id', message: `must be ${found.id}` }],
    },
  );
}
