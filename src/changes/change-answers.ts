import { Inject, Injectable } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { anonymousCaller } from '../http/caller.ts';
import { callerGone } from '../http/caller-gone.ts';
import { waitOf } from '../http/waiting.ts';
import { idempotencyKeyOf } from '../ledger/idempotency.ts';
import { AwaitedChanges } from '../operations/awaited-changes.ts';
import type { ChangeQuery } from './change.query.ts';
import type { ChangeOrder } from './changes.ts';
import { ChangesService, keyedOf } from './changes.service.ts';
import type { Said } from './process-orders.ts';
import { toldBy } from '../ledger/accept-once.ts';
import { sendChanged } from '../operations/send-change.ts';

/** A change, as its route was asked for it. */
export interface AskedChange {
  /** Of the process. */
  readonly id: string;
  readonly query: ChangeQuery;
  readonly body: unknown;
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
  /** Reads what the caller has sent. @throws InvalidRequestError */
  readonly read: (said: Said) => ChangeOrder;
}

/** Who asks for a change waits so long for it, where nothing else is said, in ms. */
const usualWaitMs = 30_000;

/** Answers changes: takes them in, waits for them, and tells what came of them. */
@Injectable()
export class ChangeAnswers {
  readonly #changes: ChangesService;
  readonly #awaited: AwaitedChanges;

  constructor(
    @Inject(ChangesService) changes: ChangesService,
    @Inject(AwaitedChanges) awaited: AwaitedChanges,
  ) {
    this.#changes = changes;
    this.#awaited = awaited;
  }

  async answer({ id, query, body, request, reply, read }: AskedChange): Promise<void> {
    const ifMatch = request.headers['if-match'];
    const waitMs = waitOf(request, reply, query.wait, usualWaitMs);
    const call = {
      processId: id,
      method: request.method,
      path: request.url.split('?')[0] ?? '',
      said: { body, ifMatch: ifMatch ?? null },
      requestId: request.id,
      caller: anonymousCaller,
      idempotencyKey: idempotencyKeyOf(request.headers['idempotency-key']),
      read: () => read({ body, confirm: query.confirm ?? null, ifMatch }),
    };
    if (query.validateOnly === true) {
      const plan = await this.#changes.plan(call);
      void reply.code(200).header('cache-control', 'no-store').send(plan);
      return;
    }
    const taken = await this.#changes.accept(call);
    const operation = await this.#awaited.ended(taken, waitMs, callerGone(reply));
    await sendChanged(reply, operation, toldBy(taken, waitMs), (status) =>
      this.#awaited.answered(keyedOf(call), taken, status),
    );
  }
}
