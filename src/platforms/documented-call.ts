import type { Capability } from '../domain/capability.ts';
import type { ConflictMode } from '../domain/import.ts';

/** A call that the documents of a platform name, and where it lives here. */
export interface DocumentedCall {
  /** In the words of the documents, each once. */
  readonly call: string;
  /**
   * The route with its parameters: query, members of the body in braces, each with a value where only that one counts, and
   * headers behind a comma. Null where nothing here does it.
   */
  readonly served: string | null;
  /** What the adapter has to have for it; null where nothing of it is optional. */
  readonly needs: Capability | null;
  /** What an import has to be able to do about conflicts besides. */
  readonly onConflict?: ConflictMode;
  /** A sentence, or half of one. */
  readonly note?: string;
}
