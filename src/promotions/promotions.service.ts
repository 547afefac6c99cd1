import { Inject, Injectable } from '@nestjs/common';
import { defaultDemand } from '../catalogue/freshness.ts';
import { GATEWAY_CONFIG } from '../config/config.module.ts';
import type { GatewayConfig } from '../config/gateway.config.ts';
import type { Connection } from '../connections/connection.ts';
import { ConnectionRegistry } from '../connections/connection-registry.ts';
import type { ConflictMode } from '../domain/import.ts';
import type { Native } from '../domain/native.ts';
import type { Plan } from '../domain/operation.ts';
import type { ExportOrder } from '../exports/export-order.ts';
import { ExportsService } from '../exports/exports.service.ts';
import { FILE_STORE, type FileStore } from '../files/file-store.ts';
import { bodyOf } from '../http/body.ts';
import { invalid } from '../http/mistakes.ts';
import { importDeadlineMs } from '../imports/import-acceptance.ts';
import { refuseMode } from '../imports/import-modes.ts';
import type { AcceptedOnce, Keyed } from '../ledger/accept-once.ts';
import { fingerprintOf } from '../ledger/idempotency.ts';
import type { StoredRecord } from '../ledger/record.ts';
import { beforeAcceptance } from '../ledger/with-outcome.ts';
import { importLookMs } from '../operations/import-ready.ts';
import type { KeptOperation } from '../operations/kept-operation.ts';
import { OperationAcceptance } from '../operations/operation-acceptance.ts';
import { toItem } from '../operations/operation.presenter.ts';
import { keptPromotion, PromotedFiles, type Promotion } from '../operations/promotion.ts';
import { readTimeoutMs } from '../processes/process-reads.ts';
import { deadline } from '../timing/deadline.ts';
import { PromotionRequestDto } from './promotion.dto.ts';

/** A promotion, as its route takes it. */
export interface PromotionCall extends Keyed {
  readonly path: string;
  readonly body: unknown;
  readonly requestId: string;
}

/** What is taken where. */
interface Route {
  readonly order: ExportOrder;
  readonly to: Connection;
  readonly onConflict: ConflictMode;
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
    @Inject(FILE_STORE) store: FileStore,
    @Inject(GATEWAY_CONFIG) { files }: GatewayConfig,
  ) {
    this.#exports = exports;
    this.#connections = connections;
    this.#acceptance = acceptance;
    this.#promoted = new PromotedFiles(store, files.maxBytes);
  }

  /** What it would do now; what is exported for that is removed again. */
  async plan({ body }: PromotionCall): Promise<Plan> {
    try {
      const route = this.#route(body);
      const { to, order, onConflict } = route;
      const promotion = await this.#promotion(route);
      const from = order.connection;
      const exporting = deadline(from.config.importTimeout);
      const files = await this.#promoted.bring(promotion, { from, to }, exporting);
      try {
        const part = to.part('import');
        const evidence = part.prepare({ files, onConflict });
        const { items } = await part.observe(evidence, deadline(importLookMs(to)));
        const told = items.map((item) => toItem(to.id, item));
        return {
          kind: 'promote',
          connection: to.id,
          platform: to.platform.name,
          process: null,
          items: told,
        };
      } finally {
        await this.#promoted.remove(files);
      }
    } catch (error) {
      throw beforeAcceptance(error);
    }
  }

  async accept(call: PromotionCall): Promise<AcceptedOnce<StoredRecord<KeptOperation>>> {
    try {
      const fingerprint = fingerprintOf('POST', call.path, call.body);
      const made = await this.#acceptance.made(call, fingerprint);
      if (made !== null) return made;
      const route = this.#route(call.body);
      await this.#acceptance.now();
      const promotion = await this.#promotion(route);
      return await this.#acceptance.once(call, fingerprint, null, () =>
        Promise.resolve({
          part: 'import',
          operation: {
            kind: 'promote',
            connection: route.to.id,
            platform: route.to.platform.name,
            process: null,
            input: inputOf(route),
            requestId: call.requestId,
            caller: call.caller,
          },
          prepared: { evidence: keptPromotion(promotion), items: promotion.items.map(waiting) },
          deadlineMs: importDeadlineMs,
        }),
      );
    } catch (error) {
      throw beforeAcceptance(error);
    }
  }

  /** @throws InvalidRequestError, NotFoundError, CapabilityNotSupportedError; no platform is asked */
  #route(body: unknown): Route {
    const { items, to: id, onConflict = 'error' } = bodyOf(body, PromotionRequestDto);
    const order = this.#exports.order({ items });
    const from = order.connection;
    const to = this.#connections.get(id);
    if (to.platform !== from.platform)
      throw invalid(
        'body',
        [{ at: 'to', message: `must be a connection to ${from.platform.title}, as ${from.id} is` }],
        { outcome: 'not_sent' },
      );
    if (to === from)
      throw invalid('body', [{ at: 'to', message: 'must be another connection' }], {
        outcome: 'not_sent',
      });
    refuseMode(to, onConflict);
    from.part('packages');
    return { order, to, onConflict };
  }

  async #promotion({ order, onConflict }: Route): Promise<Promotion> {
    const { connection, items } = order;
    const time = deadline(readTimeoutMs(connection));
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

function inputOf({ order, onConflict }: Route): Native {
  const { connection, items } = order;
  return { from: connection.id, items, onConflict };
}

/** What is to become of it is said once it was held against the platform. */
function waiting({ key, version }: Promotion['items'][number]) {
  const effect = 'created' as const;
  const unknown = { name: null, versionId: null, deployment: null, problem: null };
  return { ...unknown, process: key, version, effect };
}
