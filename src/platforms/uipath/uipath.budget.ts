import type { Budgets, CallBudget } from '../../upstream/budget.ts';
import type { UpstreamName } from '../../upstream/upstream-errors.ts';
import type { UipathConfig } from './uipath.config.ts';

/** A minute by the platform's clock, and what a request may take on its way: two that leave a minute apart may arrive in less. */
const windowMs = 62_000;

/** The budget of lists of jobs, which the tenant has as a whole; null where the connection has no limit. */
export function listBudget(
  budgets: Budgets,
  config: UipathConfig,
  name: UpstreamName,
): CallBudget | null {
  const calls = config.listCallsPerMinute ?? 0;
  return calls === 0 ? null : budgets.open({ key: tenantOf(config), calls, windowMs }, name);
}

/** Host, organisation and tenant: connections to other folders, or by other credentials, share them. */
function tenantOf({ baseUrl, tenantName, auth, platform }: UipathConfig): string {
  const place = baseUrl.pathname.replace(/\/+$/, '').replace(/\/orchestrator_$/i, '');
  const named = tenantName ?? (auth.type === 'password' ? auth.tenancyName : '');
  return [platform, `${baseUrl.host}${place}`, named]
    .map((part) => encodeURIComponent(part.toLowerCase()))
    .join(':');
}
