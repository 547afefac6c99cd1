import { Inject, Injectable } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { anonymousCaller } from '../http/caller.ts';
import { callerGone } from '../http/caller-gone.ts';
import { waitOf } from '../http/waiting.ts';
import { idempotencyKeyOf } from '../ledger/idempotency.ts';
import { readAccepted } from '../ledger/read-accepted.ts';
import { OperationAcceptance } from '../operations/operation-acceptance.ts';
import { OperationFeed } from '../operations/operation-feed.ts';
import { toOperation } from '../operations/operation.presenter.ts';
import { OperationsService } from '../operations/operations.service.ts';
import { waitForEnd } from '../watching/record-waits.ts';
import type { ChangeQuery } from './change.query.ts';
import type { ChangeOrder } from './changes.ts';
import { ChangesService } from './changes.service.ts';
import { sendChanged } from './send-change.ts';

/** A change, as its route was asked for it. */
export interface AskedChange {
  /** Of the process. */
  readonly id: string;
  readonly query: ChangeQuery;
  /** What makes it another request than one with the same method and path. */
  readonly said: unknown;
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
  /** Reads what the caller has sent. @throws InvalidRequestError */
  readonly read: () => ChangeOrder;
}

/** Who asks for a change waits so long for it, where nothing else is said, in ms. */
const usualWaitMs = 30_000;

/** Answers changes: takes them in, waits for them, and tells what came of them. */
@Injectable()
export class ChangeAnswers {
  readonly #changes: ChangesService;
  readonly #acceptance: OperationAcceptance;
  readonly #operations: OperationsService;
  readonly #feed: OperationFeed;

  constructor(
    @Inject(ChangesService) changes: ChangesService,
    @Inject(OperationAcceptance) acceptance: OperationAcceptance,
    @Inject(OperationsService) operations: OperationsService,
    @Inject(OperationFeed) feed: OperationFeed,
  ) {
    this.#changes = changes;
    this.#acceptance = acceptance;
    this.#operations = operations;
    this.#feed = feed;
  }

  async answer({ id, query, said, request, reply, read }: AskedChange): Promise<void> {
    const waitMs = waitOf(request, reply, query.wait, usualWaitMs);
    const call = {
      processId: id,
      method: request.method,
      path: request.url.split('?')[0] ?? '',
      said,
      requestId: request.id,
      caller: anonymousCaller,
      idempotencyKey: idempotencyKeyOf(request.headers['idempotency-key']),
      read,
    };
    if (query.validateOnly === true) {
      void reply.header('cache-control', 'no-store').send(await this.#changes.plan(call));
      return;
    }
    const taken = await this.#changes.accept(call);
    const record = await readAccepted(taken, 'operation', async () =>
      waitForEnd(this.#feed, await this.#operations.find(taken.id), waitMs, callerGone(reply)),
    );
    await sendChanged(reply, toOperation(record), taken, (status) =>
      this.#acceptance.answered(call, taken, status),
    );
  }
}
