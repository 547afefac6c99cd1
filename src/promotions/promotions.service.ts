import { Inject, Injectable } from '@nestjs/common';
import { defaultDemand } from '../catalogue/freshness.ts';
import { ConnectionRegistry } from '../connections/connection-registry.ts';
import type { Observation } from '../domain/import.ts';
import { ExportsService } from '../exports/exports.service.ts';
import { bodyOf } from '../http/body.ts';
import { importDeadlineMs } from '../imports/import-acceptance.ts';
import { refuseMode } from '../imports/import-modes.ts';
import { type ImportPlan, keptPlan, type Planned, planOf } from '../imports/import-plan.ts';
import type { AcceptedOnce, Keyed } from '../ledger/accept-once.ts';
import { fingerprintOf } from '../ledger/idempotency.ts';
import type { StoredRecord } from '../ledger/record.ts';
import { beforeAcceptance } from '../ledger/with-outcome.ts';
import { importLookMs } from '../operations/import-ready.ts';
import type { KeptOperation } from '../operations/kept-operation.ts';
import { OperationAcceptance, type OperationOrder } from '../operations/operation-acceptance.ts';
import { PromotedFiles } from '../operations/promoted-files.ts';
import { digestsOf, keptPromotion, type Promotion } from '../operations/promotion.ts';
import { readTimeoutMs } from '../processes/process-reads.ts';
import { deadline } from '../timing/deadline.ts';
import { PromotionRequestDto } from './promotion.dto.ts';
import { inputOf, refuseOtherPlatform, type Route, waiting } from './promotion-route.ts';

/** A promotion, as its route takes it. */
export interface PromotionCall extends Keyed {
  readonly path: string;
  readonly body: unknown;
  /** A plan that has to hold still; null: none. */
  readonly planToken: string | null;
  readonly requestId: string;
  /** Fires when its caller hangs up. */
  readonly gone: AbortSignal;
}

/** Takes promotions in: finds what is to be moved, and writes it down. */
@Injectable()
export class PromotionsService {
  readonly #exports: ExportsService;
  readonly #connections: ConnectionRegistry;
  readonly #acceptance: OperationAcceptance;
  readonly #promoted: PromotedFiles;

  constructor(
    @Inject(ExportsService) exports: ExportsService,
    @Inject(ConnectionRegistry) connections: ConnectionRegistry,
    @Inject(OperationAcceptance) acceptance: OperationAcceptance,
    @Inject(PromotedFiles) promoted: PromotedFiles,
  ) {
    this.#exports = exports;
    this.#connections = connections;
    this.#acceptance = acceptance;
    this.#promoted = promoted;
  }

  /** What it would do now, until its caller is gone; what is exported for that is removed again. */
  async plan({ body, planToken, gone }: PromotionCall): Promise<ImportPlan> {
    try {
      const route = this.#route(body);
      const { planned, seen } = await this.#look(route, await this.#promotion(route, gone), gone);
      return planOf(planned, seen, planToken);
    } catch (error) {
      throw beforeAcceptance(error);
    }
  }

  async accept(call: PromotionCall): Promise<AcceptedOnce<StoredRecord<KeptOperation>>> {
    try {
      const { body, planToken } = call;
      const said = planToken === null ? body : { body, planToken };
      const fingerprint = fingerprintOf('POST', call.path, said);
      const route = this.#route(body);
      const made = await this.#acceptance.made(call, fingerprint);
      if (made !== null) return made;
      await this.#acceptance.now();
      // Who has a key is told of it when the request is repeated; to anybody else it would happen unseen, beside a second try.
      const gone = call.idempotencyKey === null ? call.gone : undefined;
      const promotion = await this.#promotion(route, gone);
      const prepare = () => this.#order(call, route, promotion, gone);
      return await this.#acceptance.once(call, fingerprint, null, prepare);
    } catch (error) {
      throw beforeAcceptance(error);
    }
  }

  async #order(
    { planToken, requestId, caller }: PromotionCall,
    route: Route,
    promotion: Promotion,
    gone?: AbortSignal,
  ): Promise<OperationOrder> {
    const looked = planToken === null ? null : await this.#look(route, promotion, gone);
    return {
      part: 'import',
      operation: {
        kind: 'promote',
        connection: route.to.id,
        platform: route.to.platform.name,
        process: null,
        input: inputOf(route),
        ...(looked === null || planToken === null
          ? {}
          : keptPlan(looked.planned, looked.seen, planToken)),
        requestId,
        caller,
      },
      isUnfetched: true,
      prepared: { evidence: keptPromotion(promotion), items: promotion.items.map(waiting) },
      deadlineMs: importDeadlineMs,
    };
  }

  /** Exports what is to be moved, and holds it against where it goes; nothing of it stays. */
  async #look(
    { order, to, onConflict }: Route,
    promotion: Promotion,
    gone: AbortSignal = new AbortController().signal,
  ): Promise<{ readonly planned: Planned; readonly seen: Observation }> {
    const from = order.connection;
    const files = await this.#promoted.bring(promotion, { from, to }, gone);
    try {
      const part = to.part('import');
      const evidence = part.prepare({ files, onConflict });
      const seen = await part.observe(evidence, deadline(importLookMs(to), gone));
      const digests = digestsOf(to, files);
      return { planned: { kind: 'promote', connection: to, onConflict, digests }, seen };
    } finally {
      await this.#promoted.remove(files);
    }
  }

  /** @throws InvalidRequestError, NotFoundError, CapabilityNotSupportedError; no platform is asked */
  #route(body: unknown): Route {
    const { items, to: id, onConflict = 'error' } = bodyOf(body, PromotionRequestDto);
    const order = this.#exports.order({ items });
    const to = this.#connections.get(id);
    refuseOtherPlatform(order.connection, to);
    order.connection.part('export');
    order.connection.part('packages');
    refuseMode(to, onConflict);
    return { order, to, onConflict };
  }

  async #promotion({ order, onConflict }: Route, gone?: AbortSignal): Promise<Promotion> {
    const { connection, items } = order;
    const time = deadline(readTimeoutMs(connection), gone);
    const found = await this.#exports.find(order, defaultDemand, time);
    return {
      from: connection.id,
      onConflict,
      items: found.map(({ key, version }, place) => ({
        key,
        version: items[place]?.version ?? version,
      })),
    };
  }
}
