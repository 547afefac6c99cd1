import { Inject, Injectable } from '@nestjs/common';
import type { Queue } from 'bullmq';
import { GATEWAY_CONFIG } from '../config/config.module.ts';
import type { GatewayConfig } from '../config/gateway.config.ts';
import { ConnectionRegistry } from '../connections/connection-registry.ts';
import type { ChangeReceipt } from '../domain/change.ts';
import { Draining } from '../ledger/draining.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { LedgerProcessor } from '../ledger/ledger-processor.ts';
import type { LedgerJob } from '../ledger/ledger.queue.ts';
import { QueueConnections } from '../redis/queue-connections.ts';
import type { Log } from '../telemetry/log.ts';
import { LOG } from '../telemetry/telemetry.module.ts';
import type { KeptOperation } from './kept-operation.ts';
import { OperationQueues } from './operation-queues.ts';
import { OperationStore } from './operation-store.ts';
import { operationsQueue } from './operations.queue.ts';

/** The ledger of operations. */
export const OPERATION_LEDGER = Symbol('operation ledger');

/** Longer than an operation is open and kept, in ms. */
const indexKeepMs = 40 * 24 * 3_600_000;

/** Does what operations are about. */
@Injectable()
export class OperationsProcessor extends Draining {
  constructor(
    @Inject(OPERATION_LEDGER) ledger: Ledger<KeptOperation, ChangeReceipt>,
    @Inject(OperationStore) { records, open, index }: OperationStore,
    @Inject(OperationQueues) queues: OperationQueues,
    @Inject(ConnectionRegistry) connections: ConnectionRegistry,
    @Inject(QueueConnections) redis: QueueConnections,
    @Inject(GATEWAY_CONFIG) { worker }: GatewayConfig,
    @Inject(LOG) log: Log,
  ) {
    const overdue = async (): Promise<void> => index.trim((await records.now()) - indexKeepMs);
    const queueOf = async (id: string): Promise<Queue<LedgerJob>> => {
      const entry = (await records.read(id))?.ledger ?? null;
      // Nobody works off the line of a connection that is not configured any more, or cannot import; what waits there has to end.
      const isWorkedOff =
        entry !== null && connections.find(entry.connection)?.adapter.parts.import !== undefined;
      return isWorkedOff ? queues.of(entry) : queues.named(operationsQueue);
    };
    const named = { queue: operationsQueue, noun: 'operations' };
    const drainMs = worker.drain;
    const options = { ...named, ledger, records, open, overdue, queueOf, drainMs };
    super([new LedgerProcessor(options, redis, log)]);
  }
}
