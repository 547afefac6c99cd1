import { createHash } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import pMap from 'p-map';
import { InvalidRequestError, StoreUnavailableError } from '../domain/errors.ts';
import { formatId } from '../domain/ids.ts';
import { IdempotencyKeys } from '../ledger/idempotency.ts';
import { stored } from '../ledger/stored.ts';
import { invalid } from '../http/mistakes.ts';
import { presentable, type Problem, toProblem } from '../http/problem.ts';
import type { Log } from '../telemetry/log.ts';
import { LOG } from '../telemetry/telemetry.module.ts';
import { type AcceptedChange, AwaitedChanges } from './awaited-changes.ts';
import type { BatchItemDto, BatchResult } from './batch.dto.ts';
import { orderOf } from './batch-items.ts';
import { type ChangeCall, ChangesService, keyedOf } from './changes.service.ts';
import { answerOf } from './send-change.ts';

/** A batch, as its route was asked for it. */
export interface BatchCall {
  readonly items: readonly BatchItemDto[];
  readonly isPlan: boolean;
  readonly path: string;
  readonly requestId: string;
  readonly caller: string;
  readonly idempotencyKey: string | null;
  /** For the end of all. */
  readonly waitMs: number;
  readonly gone: AbortSignal;
}

/** What came of a batch. */
export interface BatchAnswer {
  readonly data: readonly BatchResult[];
  /** Whether an earlier request with its key has done each of them. */
  readonly isReplay: boolean;
}

/** An item, and how its change is asked for. */
interface Asked {
  readonly item: BatchItemDto;
  readonly call: ChangeCall;
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
    await this.#claim(batch);
    const until = performance.now() + beginMs;
    const begun = await pMap(askedOf(batch), (asked) => this.#begun(batch, asked, until), {
      concurrency: atOnce,
    });
    const waitUntil = performance.now() + batch.waitMs;
    const data = await Promise.all(
      begun.map(async (each) => each.result ?? this.#ended(each, waitUntil, batch.gone)),
    );
    return { data, isReplay: begun.every(({ taken }) => taken?.isReplay === true) };
  }

  /** A key is good for one batch, whatever became of its items. @throws IdempotencyKeyReusedError */
  async #claim({ caller, idempotencyKey, isPlan, items }: BatchCall): Promise<void> {
    if (idempotencyKey === null || isPlan) return;
    const said = digestOf(items);
    await stored(() =>
      this.#keys.claim(`${caller} batches`, idempotencyKey, said, said, () =>
        Promise.resolve(true),
      ),
    );
  }

  async #begun({ isPlan, gone }: BatchCall, { item, call }: Asked, until: number): Promise<Begun> {
    try {
      if (gone.aborted || performance.now() > until) throw notBegun();
      if (!isPlan) return { item, call, taken: await this.#changes.accept(call), result: null };
      const plan = await this.#changes.plan(call);
      return { taken: null, result: { ...nothing(item), status: 200, plan } };
    } catch (error) {
      return { taken: null, result: this.#refused({ item, call }, error) };
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
      return this.#refused({ item, call }, error);
    }
  }

  #refused({ item, call }: Asked, error: unknown): BatchResult {
    const problem = this.#told(error, call);
    return { ...nothing(item), status: problem.status, problem };
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

/** Each item as a change of its own, whose key is good for this very batch, and whose process no other item is about. */
function askedOf(batch: BatchCall): readonly Asked[] {
  const { caller, idempotencyKey, items, path, requestId } = batch;
  const said = digestOf(items);
  const about = new Set<string>();
  return items.map((item, at) => ({
    item,
    call: {
      processId: item.id,
      method: 'POST',
      path,
      said: { said, at },
      requestId,
      caller,
      idempotencyKey: idempotencyKey === null ? null : `${idempotencyKey} ${at}`,
      keyScope: 'batch',
      read: () => orderOf(item),
      found: ({ connection, key }) => {
        const id = formatId(connection.id, key);
        if (about.has(id)) throw namedTwice(at, id);
        about.add(id);
      },
    },
  }));
}

function digestOf(items: readonly BatchItemDto[]): string {
  return createHash('sha256').update(JSON.stringify(items)).digest('base64url');
}

function namedTwice(at: number, id: string): InvalidRequestError {
  return invalid('body', [{ at: `items[${at}].id`, message: `is ${id}, as another item is` }], {
    outcome: 'not_sent',
  });
}

function notBegun(): StoreUnavailableError {
  return new StoreUnavailableError(
    'It was not begun: those before it took too long, or its caller has hung up.',
    { outcome: 'not_sent', retryable: true },
  );
}
