import { Inject, Injectable } from '@nestjs/common';
import { defaultDemand } from '../catalogue/freshness.ts';
import { InvalidRequestError } from '../domain/errors.ts';
import { formatId } from '../domain/ids.ts';
import type { Plan } from '../domain/operation.ts';
import { isInDoubt, type Keyed } from '../ledger/accept-once.ts';
import { fingerprintOf } from '../ledger/idempotency.ts';
import { beforeAcceptance } from '../ledger/with-outcome.ts';
import type { AcceptedChange } from '../operations/awaited-changes.ts';
import { OperationAcceptance, type OperationOrder } from '../operations/operation-acceptance.ts';
import { toItem } from '../operations/operation.presenter.ts';
import { ProcessReads, readTimeoutMs } from '../processes/process-reads.ts';
import { deadline } from '../timing/deadline.ts';
import type { Changed, ChangeOrder } from './changes.ts';
import { refuseOtherVersion } from './other-version.ts';

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
}

/** A change that may be accepted, as far as its request and what it names are concerned. */
export interface FoundChange {
  readonly order: ChangeOrder;
  readonly changed: Changed;
  /** What nobody else may change meanwhile. */
  readonly things: readonly [string, ...string[]];
}

interface EarlierChange {
  readonly taken: AcceptedChange;
  readonly found: null;
}

/** What an earlier request with its key has made, or what it is about. */
export type BegunChange = EarlierChange | { readonly taken: null; readonly found: FoundChange };

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
  async accept(call: ChangeCall): Promise<AcceptedChange> {
    const { taken, found } = await this.begin(call);
    return taken ?? this.take(call, found);
  }

  /** What it would do now; nothing is done. */
  async plan(call: ChangeCall): Promise<Plan> {
    return this.planOf(await this.find(call));
  }

  /** What its key has made already, whatever has become of the process, or of its platform; else what it is about. */
  async begin(call: ChangeCall): Promise<BegunChange> {
    try {
      const earlier = await this.#earlier(call);
      if (earlier !== null) return earlier;
      const order = await this.#read(call);
      // Without Redis nothing can be accepted: then nothing is asked of the platform either.
      await this.#acceptance.now();
      return { taken: null, found: await this.#found(call, order) };
    } catch (error) {
      return this.#orEarlier(call, error);
    }
  }

  /** Writes down what sending it takes. */
  async take(call: ChangeCall, { order, changed, things }: FoundChange): Promise<AcceptedChange> {
    const [thing, ...others] = things;
    const prepare = (): Promise<OperationOrder> => orderedBy(call, order, changed);
    try {
      const said = fingerprintOfCall(call);
      return await this.#acceptance.once(keyedOf(call), said, thing, prepare, others);
    } catch (error) {
      return (await this.#orEarlier(call, error)).taken;
    }
  }

  /** What it is about. @throws GatewayError, which says that nothing was sent */
  async find(call: ChangeCall): Promise<FoundChange> {
    try {
      return await this.#found(call, await this.#read(call));
    } catch (error) {
      throw beforeAcceptance(error);
    }
  }

  async planOf({ order, changed }: FoundChange): Promise<Plan> {
    try {
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

  /**
   * What a change that was accepted is about; nothing where it is not kept any more, or its connection is gone.
   * @throws StoreUnavailableError with the outcome `unknown`
   */
  async thingsOf(call: ChangeCall, id: string): Promise<readonly string[]> {
    const doc = (await this.#acceptance.read(id))?.doc;
    if (doc === undefined || doc.process === null) return [];
    const connection = this.#reads.configured(call.processId);
    return connection === null ? [] : thingsOf({ connection, key: doc.process }, call.read());
  }

  async #earlier(call: ChangeCall): Promise<EarlierChange | null> {
    const taken = await this.#acceptance.made(keyedOf(call), fingerprintOfCall(call));
    return taken === null ? null : { taken, found: null };
  }

  /** An equal request may have done meanwhile what cannot be done a second time. */
  async #orEarlier(call: ChangeCall, error: unknown): Promise<EarlierChange> {
    const earlier = isInDoubt(error) ? null : await this.#earlier(call).catch(() => null);
    if (earlier !== null) return earlier;
    throw beforeAcceptance(error);
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

  async #found(call: ChangeCall, order: ChangeOrder): Promise<FoundChange> {
    const changed = await this.#changed(call, order);
    return { order, changed, things: thingsOf(changed, order) };
  }

  async #changed({ processId: id }: ChangeCall, order: ChangeOrder): Promise<Changed> {
    const { part, isOfStanding, isOfWhole } = order;
    if (!isOfStanding) return this.#reads.place(id, part);
    const named = this.#reads.connectionOf(id);
    if (named.capabilities.includes(part)) order.refuse?.(named);
    const found = await this.#reads.findLive(id, part, defaultDemand);
    if (isOfWhole && found.version !== null) throw tooNarrow(id, found.id, found.version);
    refuseOtherVersion(id, found, order);
    return found;
  }
}

function fingerprintOfCall({ method, path, said }: ChangeCall): string {
  return fingerprintOf(method, path, said);
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
