import { Inject, Injectable } from '@nestjs/common';
import pMap from 'p-map';
import { presentable, type Problem, toProblem } from '../http/problem.ts';
import type { Keyed } from '../ledger/accept-once.ts';
import type { Log } from '../telemetry/log.ts';
import { LOG } from '../telemetry/telemetry.module.ts';
import { AwaitedChanges } from './awaited-changes.ts';
import type { BatchItemDto, BatchResult } from './batch.dto.ts';
import { orderOf } from './batch-items.ts';
import { type ChangeCall, ChangesService } from './changes.service.ts';
import { answerOf } from './send-change.ts';

/** A batch, as its route was asked for it. */
export interface BatchCall extends Keyed {
  readonly items: readonly BatchItemDto[];
  readonly isPlan: boolean;
  readonly path: string;
  readonly requestId: string;
  /** When nobody waits any more, in ms of performance.now(). */
  readonly untilMs: number;
  readonly gone: AbortSignal;
}

/** What came of a batch. */
export interface BatchAnswer {
  readonly data: readonly BatchResult[];
  /** Whether an earlier request with its key has done each of them. */
  readonly isReplay: boolean;
}

interface Settled {
  readonly result: BatchResult;
  readonly isReplay: boolean;
}

/** So many items are checked against their platforms, and waited for, at once. */
const atOnce = 16;

/** Does many changes, each by itself. */
@Injectable()
export class BatchService {
  readonly #changes: ChangesService;
  readonly #awaited: AwaitedChanges;
  readonly #log: Log;

  constructor(
    @Inject(ChangesService) changes: ChangesService,
    @Inject(AwaitedChanges) awaited: AwaitedChanges,
    @Inject(LOG) log: Log,
  ) {
    this.#changes = changes;
    this.#awaited = awaited;
    this.#log = log;
  }

  async run(batch: BatchCall): Promise<BatchAnswer> {
    const { items } = batch;
    const settled = await pMap(items, (item, at) => this.#settled(batch, item, at), {
      concurrency: atOnce,
    });
    return {
      data: settled.map(({ result }) => result),
      isReplay: settled.every(({ isReplay }) => isReplay),
    };
  }

  async #settled(batch: BatchCall, item: BatchItemDto, at: number): Promise<Settled> {
    const { op, id } = item;
    const nothing = { op, id, operation: null, plan: null, problem: null };
    const call = callOf(batch, item, at);
    try {
      if (batch.isPlan) {
        const plan = await this.#changes.plan(call);
        return { result: { ...nothing, status: 200, plan }, isReplay: false };
      }
      const waitMs = Math.max(batch.untilMs - performance.now(), 0);
      const done = await this.#awaited.done(call, waitMs, batch.gone);
      const { operation, taken } = done;
      const { status, problem } = answerOf(operation, taken.status);
      await this.#awaited.answered(call, done, status);
      const told = problem === null ? null : this.#told(problem, call);
      return {
        result: { ...nothing, status, operation, problem: told },
        isReplay: taken.isReplay,
      };
    } catch (error) {
      const problem = this.#told(error, call);
      return { result: { ...nothing, status: problem.status, problem }, isReplay: false };
    }
  }

  /** A defect shows nothing of itself but in the log. */
  #told(thrown: unknown, { path, requestId }: ChangeCall): Problem {
    const error = presentable(thrown, { path, mediaType: undefined, isWrite: true });
    if (error.code === 'internal')
      this.#log.error({ err: error.cause ?? error, requestId }, 'A change of a batch failed');
    return toProblem(error, { id: requestId, path, isWrite: true });
  }
}

/** An item as a change of its own, whose key is good for this very batch. */
function callOf(batch: BatchCall, item: BatchItemDto, at: number): ChangeCall {
  const { caller, idempotencyKey, items, path, requestId } = batch;
  return {
    processId: item.id,
    method: 'POST',
    path,
    said: { items, at },
    requestId,
    caller,
    idempotencyKey: idempotencyKey === null ? null : `${idempotencyKey} ${at}`,
    read: () => orderOf(item),
  };
}
