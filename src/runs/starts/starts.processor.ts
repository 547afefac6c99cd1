import { Inject, Injectable } from '@nestjs/common';
import { GATEWAY_CONFIG } from '../../config/config.module.ts';
import type { GatewayConfig } from '../../config/gateway.config.ts';
import type { StartReceipt } from '../../domain/run.ts';
import { Draining } from '../../ledger/draining.ts';
import type { Ledger } from '../../ledger/ledger.ts';
import { LedgerProcessor } from '../../ledger/ledger-processor.ts';
import { ledgerQueue } from '../../ledger/ledger.queue.ts';
import { QueueConnections } from '../../redis/queue-connections.ts';
import type { Log } from '../../telemetry/log.ts';
import { LOG } from '../../telemetry/telemetry.module.ts';
import type { KeptRun } from '../kept-run.ts';
import { RunStore } from '../run-store.ts';

/** The ledger of starts. */
export const START_LEDGER = Symbol('start ledger');

/** Sends starts. */
@Injectable()
export class StartsProcessor extends Draining {
  constructor(
    @Inject(START_LEDGER) ledger: Ledger<KeptRun, StartReceipt>,
    @Inject(RunStore) store: RunStore,
    @Inject(QueueConnections) redis: QueueConnections,
    @Inject(GATEWAY_CONFIG) { worker }: GatewayConfig,
    @Inject(LOG) log: Log,
  ) {
    const { records, open, index } = store;
    const overdue = async (ids: readonly string[]): Promise<void> => {
      for (const { id, doc } of await records.readMany(ids)) {
        // Who stored it may have ended before it was in the lists.
        await index.add(doc.connection, { createdAt: Date.parse(doc.createdAt), id });
      }
    };
    const named = { queue: ledgerQueue, noun: 'starts' };
    const options = { ...named, ledger, records, open, overdue, drainMs: worker.drain };
    super([new LedgerProcessor(options, redis, log)]);
  }
}
