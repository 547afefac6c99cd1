import { Inject, Injectable } from '@nestjs/common';
import pMap from 'p-map';
import { StoreUnavailableError } from '../domain/errors.ts';
import { fingerprintOf, IdempotencyKeys } from '../ledger/idempotency.ts';
import { presentable, type Problem, toProblem } from '../http/problem.ts';
import { connectionIn } from '../http/write-audit.ts';
import type { Log } from '../telemetry/log.ts';
import { LOG } from '../telemetry/telemetry.module.ts';
import { type AcceptedChange, AwaitedChanges } from '../operations/awaited-changes.ts';
import { BatchClaim } from './batch-claim.ts';
import type { BatchItemDto, BatchResult } from './batch.dto.ts';
import {
  type Asked,
  askedOf,
  type BatchCall,
  type SoughtItem,
  withoutDoubles,
} from './batch-calls.ts';
import { type BegunChange, type ChangeCall, ChangesService, keyedOf } from './changes.service.ts';
import { answerOf } from '../operations/send-change.ts';

/** What came of a batch. */
export interface BatchAnswer {
  readonly data: readonly BatchResult[];
  /** Whether an earlier request with its key has done each of them. */
  readonly isReplay: boolean;
}

/** One that was accepted, or what became of it. */
type Begun =
  | (Asked & { readonly taken: AcceptedChange; readonly result: null })
  | { readonly taken: null; readonly result: BatchResult };

/** So many items are checked against their platforms at once. */
const atOnce = 16;
/** What was not begun by then is not begun any more: its caller waits for all of them. In ms. */
const beginMs = 60_000;

/** Does many changes, each by itself. */
@Injectable()
export class BatchService {
  readonly #changes: ChangesService;
  readonly #awaited: AwaitedChanges;
  readonly #keys: IdempotencyKeys;
  readonly #log: Log;

  constructor(
    @Inject(ChangesService) changes: ChangesService,
    @Inject(AwaitedChanges) awaited: AwaitedChanges,
    @Inject(IdempotencyKeys) keys: IdempotencyKeys,
    @Inject(LOG) log: Log,
  ) {
    this.#changes = changes;
    this.#awaited = awaited;
    this.#keys = keys;
    this.#log = log;
  }

  /** Accepts all of them before it waits for any. */
  async run(batch: BatchCall): Promise<BatchAnswer> {
    const said = fingerprintOf('POST', batch.path, batch.items);
    const claim = await this.#claim(batch, said);
    const until = performance.now() + beginMs;
    const sought = await pMap(askedOf(batch, said), (each) => this.#sought(batch, each, until), {
      concurrency: atOnce,
    });
    const begin = async (each: SoughtItem): Promise<Begun> => {
      const begun = await this.#begun(batch, each, until);
      if (!isRefused(begun)) await claim?.keep();
      return begun;
    };
    const begun = await pMap(withoutDoubles(sought), begin, { concurrency: atOnce });
    const waitUntil = performance.now() + batch.waitMs;
    const data = await Promise.all(
      begun.map(async (each) => each.result ?? this.#ended(each, waitUntil, batch.gone)),
    );
    await claim?.end(begun.every(isRefused));
    return { data, isReplay: begun.every(({ taken }) => taken?.isReplay === true) };
  }

  /** Null where it has no key, or does nothing. @throws IdempotencyKeyReusedError */
  async #claim(
    { caller, idempotencyKey: key, isPlan }: BatchCall,
    said: string,
  ): Promise<BatchClaim | null> {
    if (key === null || isPlan) return null;
    return BatchClaim.of(this.#keys, { caller: `${caller} batches`, key }, said);
  }

  /**
   * What it is about, before any of them is accepted.
   * @throws StoreUnavailableError where that cannot be told of one that was accepted before
   */
  async #sought(batch: BatchCall, asked: Asked, until: number): Promise<SoughtItem> {
    const { call } = asked;
    let begun: BegunChange;
    try {
      begun = await this.#begin(batch, call, until);
    } catch (error) {
      return { ...asked, begun: null, things: [], error };
    }
    if (begun.taken === null) return { ...asked, begun, things: begun.found.things };
    return { ...asked, begun, things: await this.#changes.thingsOf(call, begun.taken.id) };
  }

  async #begin({ isPlan, gone }: BatchCall, call: ChangeCall, until: number): Promise<BegunChange> {
    if (gone.aborted || performance.now() > until) throw notBegun();
    if (isPlan) return { taken: null, found: await this.#changes.find(call) };
    return this.#changes.begin(call);
  }

  async #begun({ isPlan, gone }: BatchCall, sought: SoughtItem, until: number): Promise<Begun> {
    const { item, call } = sought;
    try {
      if (sought.begun === null) throw sought.error;
      const { taken, found } = sought.begun;
      if (taken !== null) return { item, call, taken, result: null };
      if (gone.aborted || performance.now() > until) throw notBegun();
      if (!isPlan)
        return { item, call, taken: await this.#changes.take(call, found), result: null };
      const plan = await this.#changes.planOf(found);
      return { taken: null, result: { ...nothing(item), status: 200, plan } };
    } catch (error) {
      return { taken: null, result: this.#refused({ item, call }, error, isPlan) };
    }
  }

  async #ended(
    { item, call, taken }: Asked & { readonly taken: AcceptedChange },
    until: number,
    gone: AbortSignal,
  ): Promise<BatchResult> {
    try {
      const waitMs = Math.max(until - performance.now(), 0);
      const operation = await this.#awaited.ended(taken, waitMs, gone);
      const { status, problem } = answerOf(operation, taken.status);
      await this.#awaited.answered(keyedOf(call), taken, status);
      const told = problem === null ? null : this.#told(problem, call);
      return { ...nothing(item), status, operation, problem: told };
    } catch (error) {
      const problem = this.#told(error, call);
      return { ...nothing(item), status: problem.status, problem };
    }
  }

  /** With a line of the audit, as no operation was made that has lines of its own. */
  #refused({ item, call }: Asked, error: unknown, isPlan: boolean): BatchResult {
    const problem = this.#told(error, call);
    const { status, outcome } = problem;
    const { caller, requestId } = call;
    const connection = problem.connection ?? connectionIn(item.id);
    const plan = isPlan ? { validateOnly: true } : {};
    const said = { audit: item.op, process: item.id, caller, connection };
    const line = { ...said, outcome, status, requestId, ...plan };
    this.#log.info(line, 'A change of a batch was refused');
    return { ...nothing(item), status, problem };
  }

  /** A defect shows nothing of itself but in the log. */
  #told(thrown: unknown, { path, requestId }: ChangeCall): Problem {
    const error = presentable(thrown, { path, mediaType: undefined, isWrite: true });
    if (error.code === 'internal')
      this.#log.error({ err: error.cause ?? error, requestId }, 'A change of a batch failed');
    return toProblem(error, { id: requestId, path, isWrite: true });
  }
}

function nothing({ op, id }: BatchItemDto): Omit<BatchResult, 'status'> {
  return { op, id, operation: null, plan: null, problem: null };
}

/** Whether it is certain that nothing of it was accepted. */
function isRefused({ result }: Begun): boolean {
  return result?.problem?.outcome === 'not_sent';
}

function notBegun(): StoreUnavailableError {
  return new StoreUnavailableError(
    'It was not begun: those before it took too long, or its caller has hung up.',
    { outcome: 'not_sent', retryable: true },
  );
}
