import { Inject, Injectable } from '@nestjs/common';
import { defaultDemand } from '../catalogue/freshness.ts';
import { formatId } from '../domain/ids.ts';
import type { Plan } from '../domain/operation.ts';
import type { AcceptedOnce, Keyed } from '../ledger/accept-once.ts';
import { fingerprintOf } from '../ledger/idempotency.ts';
import type { StoredRecord } from '../ledger/record.ts';
import { beforeAcceptance } from '../ledger/with-outcome.ts';
import type { KeptOperation } from '../operations/kept-operation.ts';
import { OperationAcceptance } from '../operations/operation-acceptance.ts';
import { toItem } from '../operations/operation.presenter.ts';
import { ProcessReads, readTimeoutMs } from '../processes/process-reads.ts';
import { deadline } from '../timing/deadline.ts';
import type { Changed, ChangeOrder } from './changes.ts';

/** A change, as it was asked for. */
export interface ChangeCall extends Keyed {
  readonly processId: string;
  readonly method: string;
  readonly path: string;
  /** What makes it another request than one with the same method and path. */
  readonly said: unknown;
  readonly requestId: string;
  /** Reads what the caller has sent. @throws InvalidRequestError */
  readonly read: () => ChangeOrder;
}

/** Takes changes in: checks them, writes down what sending them takes, and only then says yes. */
@Injectable()
export class ChangesService {
  readonly #reads: ProcessReads;
  readonly #acceptance: OperationAcceptance;

  constructor(
    @Inject(ProcessReads) reads: ProcessReads,
    @Inject(OperationAcceptance) acceptance: OperationAcceptance,
  ) {
    this.#reads = reads;
    this.#acceptance = acceptance;
  }

  /** @throws GatewayError, which says that nothing was sent wherever the change was not accepted */
  async accept(call: ChangeCall): Promise<AcceptedOnce<StoredRecord<KeptOperation>>> {
    try {
      const fingerprint = fingerprintOf(call.method, call.path, call.said);
      // What was accepted is told whatever has become of the process, or of its platform.
      const made = await this.#acceptance.made(call, fingerprint);
      if (made !== null) return made;
      const order = await this.#read(call);
      const changed = await this.#find(call.processId, order);
      return await this.#acceptance.once(call, fingerprint, async () => ({
        part: order.part,
        operation: {
          kind: order.kind,
          connection: changed.connection.id,
          platform: changed.connection.platform.name,
          process: changed.key,
          input: order.input,
          requestId: call.requestId,
          caller: call.caller,
        },
        prepared: await order.prepare(changed, inTime(changed)),
      }));
    } catch (error) {
      throw beforeAcceptance(error);
    }
  }

  /** What it would do now; nothing is done. */
  async plan(call: ChangeCall): Promise<Plan> {
    try {
      const order = await this.#read(call);
      const changed = await this.#find(call.processId, order);
      const { items } = await order.prepare(changed, inTime(changed));
      const { connection, key } = changed;
      return {
        kind: order.kind,
        connection: connection.id,
        platform: connection.platform.name,
        process: formatId(connection.id, key),
        items: items.map((item) => toItem(connection.id, item)),
      };
    } catch (error) {
      throw beforeAcceptance(error);
    }
  }

  async #read({ processId, read }: ChangeCall): Promise<ChangeOrder> {
    try {
      return read();
    } catch (error) {
      // 404 goes before 400, as far as that is known here.
      await this.#reads.refuseImpossible(processId);
      throw error;
    }
  }

  #find(id: string, { part, isOfStanding }: ChangeOrder): Promise<Changed> {
    return isOfStanding
      ? this.#reads.findLive(id, part, defaultDemand)
      : this.#reads.place(id, part);
  }
}

function inTime({ connection }: Changed): AbortSignal {
  return deadline(readTimeoutMs(connection));
}
