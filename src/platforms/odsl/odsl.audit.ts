import { randomUUID } from 'node:crypto';
import { GatewayError } from '../../domain/errors.ts';
import { toInstant } from '../../domain/instant.ts';
import type { OdslChangesClient } from './odsl.changes-client.ts';
import type { AuditWire } from './odsl.wire.ts';

const pageSize = 50;
/** Behind so many changes of others nothing is looked for any more. */
const mostPages = 20;
/** How far the clocks of the gateway and the platform may be apart, in ms. */
const slackMs = 300_000;

/** What the audit trail knows a change by; letters and digits alone, as signs mean something to searches in it. */
export function newReason(): string {
  return `gateway${randomUUID().replaceAll('-', '')}`;
}

/**
 * What was done under this reason, and not refused, since `from` (ms since 1970); null where the audit trail shows nothing of
 * it. That proves no absence: it is neither promised when it shows, nor to whom.
 */
export async function auditedAs(
  client: Pick<OdslChangesClient, 'listAudit'>,
  reason: string,
  from: number,
  signal: AbortSignal,
): Promise<AuditWire | null> {
  for (let page = 0; page < mostPages; page += 1) {
    const entries = await pageOf(client, page, signal);
    const found = entries?.find((entry) => isDone(entry) && isOf(entry, reason));
    if (found !== undefined) return found;
    const oldest = toInstant(entries?.at(-1)?.timestamp);
    if (oldest === null || Date.parse(oldest) < from - slackMs) return null;
  }
  return null;
}

/** It proves presence only, so that a page that cannot be read holds nothing up. */
async function pageOf(
  client: Pick<OdslChangesClient, 'listAudit'>,
  page: number,
  signal: AbortSignal,
): Promise<AuditWire[] | null> {
  try {
    return await client.listAudit(page * pageSize, pageSize, signal);
  } catch (error) {
    if (!(error instanceof GatewayError) || signal.aborted) throw error;
    return null;
  }
}

function isDone({ status }: AuditWire): boolean {
  return status >= 200 && status < 300;
}

function isOf({ reason, description }: AuditWire, sought: string): boolean {
  return reason?.trim() === sought || description?.trim() === sought;
}
