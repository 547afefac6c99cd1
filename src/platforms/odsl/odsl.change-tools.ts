import type { OdslChangesClient } from './odsl.changes-client.ts';
import type { OdslClient } from './odsl.client.ts';
import type { OdslRefusals } from './odsl.refusals.ts';

/** What changes of definitions need. */
export interface ChangeTools {
  readonly reads: OdslClient;
  readonly writes: OdslChangesClient;
  readonly refusals: OdslRefusals;
}
