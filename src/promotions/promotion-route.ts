import type { Connection } from '../connections/connection.ts';
import type { ChangedItem } from '../domain/change.ts';
import type { ConflictMode } from '../domain/import.ts';
import type { Native } from '../domain/native.ts';
import type { ExportOrder } from '../exports/export-order.ts';
import { invalid } from '../http/mistakes.ts';
import type { Promotion } from '../operations/promotion.ts';

/** What is taken where. */
export interface Route {
  readonly order: ExportOrder;
  readonly to: Connection;
  readonly onConflict: ConflictMode;
}

/** @throws InvalidRequestError */
export function refuseOtherPlatform(from: Connection, to: Connection): void {
  if (to.platform === from.platform && to !== from) return;
  const message =
    to === from
      ? 'must be another connection'
      : `must be a connection to ${from.platform.title}, as ${from.id} is`;
  throw invalid('body', [{ at: 'to', message }], { outcome: 'not_sent' });
}

/** What was asked for, as the operation shows it. */
export function inputOf({ order, onConflict }: Route): Native {
  const { connection, items } = order;
  return { from: connection.id, items, onConflict };
}

/** What is to become of it is said once it was held against the platform. */
export function waiting({ key, version }: Promotion['items'][number]): ChangedItem {
  const effect = 'created';
  const unknown = { name: null, versionId: null, deployment: null, problem: null };
  return { ...unknown, process: key, version, effect };
}
