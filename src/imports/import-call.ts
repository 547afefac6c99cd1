import type { RawBody } from '../http/raw-body.ts';
import type { Keyed } from '../ledger/accept-once.ts';
import type { ImportTexts } from './import-form.ts';

/** An import, as its route takes it. */
export interface ImportCall extends Keyed {
  readonly path: string;
  readonly query: ImportTexts;
  /** A plan that has to hold still; null: none. */
  readonly planToken: string | null;
  readonly requestId: string;
  readonly body: () => RawBody;
}
