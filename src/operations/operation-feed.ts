import { RecordFeed } from '../ledger/record-feed.ts';
import type { KeptOperation } from './kept-operation.ts';

/** Tells the watchers of this process what becomes of operations. */
export class OperationFeed extends RecordFeed<KeptOperation> {}
