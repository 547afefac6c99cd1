import { type Budgets, type CallBudget, shareOf } from '../../upstream/budget.ts';
import type { UpstreamName } from '../../upstream/upstream-errors.ts';
import type { UipathConfig } from './uipath.config.ts';

/** A minute by the platform's clock, and what a request may take on its way: two that leave a minute apart may arrive in less. */
const windowMs = 62_000;

/** Of all lists of jobs, so much may be spent on what callers list: polling runs and finding starts again go before. */
const callersShare = 0.4;

/** What lists of jobs are paid from. */
export interface ListBudgets {
  /** The tenant's whole. */
  readonly whole: CallBudget;
  /** The share of it that walks for callers have. */
  readonly callers: CallBudget;
}

/** The budgets of lists of jobs, which the tenant has as a whole; null where the connection has no limit. */
export function listBudgets(
  budgets: Budgets,
  config: UipathConfig,
  name: UpstreamName,
): ListBudgets | null {
  const calls = config.listCallsPerMinute ?? 0;
  if (calls === 0) return null;
  const key = tenantOf(config);
  const share = Math.max(Math.floor(calls * callersShare), 1);
  const whole = budgets.open({ key, calls, windowMs }, name);
  const part = budgets.open({ key: `${key}:callers`, calls: share, windowMs }, name);
  return { whole, callers: shareOf(whole, part) };
}

/** Host, organisation and tenant: connections to other folders, or by other credentials, share them. */
function tenantOf({ baseUrl, tenantName, auth, platform }: UipathConfig): string {
  const place = baseUrl.pathname.replace(/\/+$/, '').replace(/\/orchestrator_$/i, '');
  const named = tenantName ?? (auth.type === 'password' ? auth.tenancyName : '');
  return [platform, `${baseUrl.host}${place}`, named]
    .map((part) => encodeURIComponent(part.toLowerCase()))
    .join(':');
}
