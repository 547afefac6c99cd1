import { UipathFault } from './fault.ts';
import type { Call } from './router.ts';
import type { UipathState } from './state.ts';

const callsPerMinute = 100;
const minuteMs = 60_000;

/** When the tenant was asked for lists of jobs; a tenant that is made anew has not been asked. */
const asked = new WeakMap<UipathState, number[]>();

/**
 * Counts a call for a list of jobs: the cloud takes 100 in a minute of a tenant, whoever makes them.
 * @throws UipathFault with 429 for more
 */
export function countListCall({ state, reply }: Call): void {
  const now = Date.now();
  const recent = (asked.get(state) ?? []).filter((at) => at > now - minuteMs);
  asked.set(state, recent);
  const [oldest = now] = recent;
  if (recent.length >= callsPerMinute) {
    void reply.header('retry-after', Math.ceil((oldest + minuteMs - now) / 1_000));
    throw new UipathFault(429, 0, 'The limit of 100 requests per minute has been exceeded.');
  }
  recent.push(now);
}
