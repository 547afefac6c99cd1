import type { Connection } from '../connections/connection.ts';
import type { Observation } from '../domain/import.ts';
import type { Plan } from '../domain/operation.ts';
import { planTokenOf } from '../operations/import-ready.ts';
import type { PlannedImport } from '../operations/kept-operation.ts';
import { toItem } from '../operations/operation.presenter.ts';
import type { ImportOrder } from './import-form.ts';

/** What an import would do now. */
export interface ImportPlan extends Plan {
  /** Names the plan: with it as `If-Match`, the import is done only where the plan still holds. */
  readonly planToken: string;
}

/** What a plan of it is about. */
export function plannedOf({ id }: Connection, { onConflict, file }: ImportOrder): PlannedImport {
  return { connection: id, onConflict, digests: [file.sha256] };
}

export function planOf(connection: Connection, order: ImportOrder, seen: Observation): ImportPlan {
  return {
    kind: 'import',
    connection: connection.id,
    platform: connection.platform.name,
    process: null,
    items: seen.items.map((item) => toItem(connection.id, item)),
    planToken: planTokenOf(plannedOf(connection, order), seen),
  };
}
