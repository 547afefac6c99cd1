import type { RawBody } from '../http/raw-body.ts';
import type { Keyed } from '../ledger/accept-once.ts';
import type { ImportTexts } from './import-form.ts';

/** What an import says besides its form. */
export interface ImportSaid {
  readonly idempotencyKey: string | null;
  /** A plan that has to hold still; null: none. */
  readonly planToken: string | null;
  readonly query: ImportTexts;
}

/** An import, as its route was asked for it. */
export interface AskedImport {
  readonly caller: string;
  readonly path: string;
  readonly requestId: string;
  /** The connection, where its query names it. */
  readonly connection: string | null;
  /** Reads what else it says besides its form. @throws InvalidRequestError */
  readonly read: () => ImportSaid;
  readonly body: () => RawBody;
  /** Told what its form has said by its end, or by what it was refused for. */
  readonly heard: (said: { readonly connection: string | null; readonly isPlan: boolean }) => void;
  /** Fires when its caller hangs up. */
  readonly gone: AbortSignal;
}

/** An import, as its route takes it. */
export interface ImportCall extends Keyed, Pick<AskedImport, 'path' | 'requestId' | 'gone'> {
  readonly planToken: string | null;
}
