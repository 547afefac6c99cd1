import type { Connection } from '../connections/connection.ts';
import { CapabilityNotSupportedError } from '../domain/errors.ts';
import type { Native } from '../domain/native.ts';
import { invalid } from '../http/mistakes.ts';

/** The members of a patch that say something. @throws InvalidRequestError when none does */
export function saidOf<P extends object>(patch: P): P & Native {
  const said = Object.entries(patch).filter(([, value]) => value !== undefined);
  if (said.length > 0) return Object.fromEntries(said) as P & Native;
  const message = 'must name something that is to be changed';
  throw invalid('body', [{ at: 'body', message }], { outcome: 'not_sent' });
}

/** @throws CapabilityNotSupportedError naming the members that the platform cannot change */
export function refuseUnchangeable(
  { id, platform }: Connection,
  patch: object,
  changeable: readonly string[],
): void {
  const others = Object.keys(patch).filter((name) => !changeable.includes(name));
  if (others.length === 0) return;
  throw new CapabilityNotSupportedError(
    `${platform.title} (${id}) cannot change ${others.join(', ')} here. What can be changed: ${changeable.join(', ')}.`,
    {
      connection: id,
      platform: platform.name,
      outcome: 'not_sent',
      errors: others.map((at) => ({ at, message: 'cannot be changed on this platform' })),
    },
  );
}
