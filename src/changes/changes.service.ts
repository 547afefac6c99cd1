import { Inject, Injectable } from '@nestjs/common';
import { defaultDemand } from '../catalogue/freshness.ts';
import { InvalidRequestError } from '../domain/errors.ts';
import { formatId } from '../domain/ids.ts';
import type { Plan } from '../domain/operation.ts';
import { type AcceptedOnce, isInDoubt, type Keyed } from '../ledger/accept-once.ts';
import { fingerprintOf } from '../ledger/idempotency.ts';
import type { StoredRecord } from '../ledger/record.ts';
import { beforeAcceptance } from '../ledger/with-outcome.ts';
import type { KeptOperation } from '../operations/kept-operation.ts';
import { OperationAcceptance, type OperationOrder } from '../operations/operation-acceptance.ts';
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
  /** Keys of other scopes are unknown to it. Absent: those of single changes. */
  readonly keyScope?: string;
  /** Reads what the caller has sent. @throws InvalidRequestError */
  readonly read: () => ChangeOrder;
  /** Told what nobody else may change meanwhile once that is found. @throws GatewayError to refuse it */
  readonly found?: (things: readonly string[]) => void;
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
    const fingerprint = fingerprintOf(call.method, call.path, call.said);
    // What was accepted is told whatever has become of the process, or of its platform.
    const made = (): Promise<AcceptedOnce<StoredRecord<KeptOperation>> | null> =>
      this.#acceptance.made(keyedOf(call), fingerprint);
    try {
      return (await made()) ?? (await this.#accept(call, fingerprint));
    } catch (error) {
      // An equal request may have done meanwhile what cannot be done a second time.
      const earlier = isInDoubt(error) ? null : await made().catch(() => null);
      if (earlier !== null) return earlier;
      throw beforeAcceptance(error);
    }
  }

  async #accept(
    call: ChangeCall,
    fingerprint: string,
  ): Promise<AcceptedOnce<StoredRecord<KeptOperation>>> {
    const order = await this.#read(call);
    // Without Redis nothing can be accepted: then nothing is asked of the platform either.
    await this.#acceptance.now();
    const changed = await this.#find(call, order);
    const [thing, ...others] = thingsOf(changed, order);
    const prepare = (): Promise<OperationOrder> => orderedBy(call, order, changed);
    return this.#acceptance.once(keyedOf(call), fingerprint, thing, prepare, others);
  }

  /** What it would do now; nothing is done. */
  async plan(call: ChangeCall): Promise<Plan> {
    try {
      const order = await this.#read(call);
      const changed = await this.#find(call, order);
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

  async #find(call: ChangeCall, order: ChangeOrder): Promise<Changed> {
    const { processId: id } = call;
    const { part, isOfStanding, isOfWhole } = order;
    if (!isOfStanding) {
      const placed = await this.#reads.place(id, part);
      call.found?.(thingsOf(placed, order));
      return placed;
    }
    const named = this.#reads.connectionOf(id);
    if (named.capabilities.includes(part)) order.refuse?.(named);
    const found = await this.#reads.findLive(id, part, defaultDemand);
    if (isOfWhole && found.version !== null) throw tooNarrow(id, found.id, found.version);
    call.found?.(thingsOf(found, order));
    return found;
  }
}

/** What an operation is accepted with once it is checked against the platform. */
async function orderedBy(
  { requestId, caller }: ChangeCall,
  order: ChangeOrder,
  changed: Changed,
): Promise<OperationOrder> {
  const { connection, key } = changed;
  return {
    part: order.part,
    operation: {
      kind: order.kind,
      connection: connection.id,
      platform: connection.platform.name,
      process: key,
      input: order.input,
      requestId,
      caller,
    },
    prepared: await order.prepare(changed, inTime(changed)),
  };
}

/** What no two operations change at once: the process, and of one that gets another key what is to be called so. */
function thingsOf(
  { connection, key }: Changed,
  { newKey = key }: ChangeOrder,
): readonly [string, ...string[]] {
  const { changedWith } = connection.platform;
  const thingOf = (each: string): string =>
    formatId(connection.id, changedWith === undefined ? each : changedWith(each));
  const [thing, other] = [thingOf(key), thingOf(newKey)];
  return thing === other ? [thing] : [thing, other];
}

/** Under which key it is accepted. */
export function keyedOf({ caller, idempotencyKey, keyScope }: ChangeCall): Keyed {
  return { caller: keyScope === undefined ? caller : `${caller} ${keyScope}`, idempotencyKey };
}

/** An alias of a version must not become a change of all versions. */
function tooNarrow(id: string, canonical: string, version: string): InvalidRequestError {
  return new InvalidRequestError(
    `"${id}" names version ${version} of ${canonical}, and this is about the whole process: use its own id, or the route of the version.`,
    {
      outcome: 'not_sent',
      errors: [{ at: 'id', message: `must be ${canonical}` }],
    },
  );
}

function inTime({ connection }: Changed): AbortSignal {
  return deadline(readTimeoutMs(connection));
}
