import type { Native } from '../../domain/native.ts';
import type { CancelOptions } from '../../domain/run.ts';
import type { Begin } from '../../ledger/write-once.ts';
import type { FoundRun } from '../found-run.ts';
import type { AskedBy } from '../run-audit.ts';
import type { ResolveRunDto } from './run-writes.dto.ts';

/** What can be done with a run that there is, or planned. */
export interface RunControl {
  cancel(id: string, options: CancelOptions, by: AskedBy): Promise<FoundRun>;
  restart(id: string, begin: Begin, by: AskedBy): Promise<FoundRun>;
  resume(id: string, event: string, payload: Native, begin: Begin, by: AskedBy): Promise<FoundRun>;
  resolve(id: string, said: ResolveRunDto, by: AskedBy): Promise<FoundRun>;
}
