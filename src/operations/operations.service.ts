import { Inject, Injectable } from '@nestjs/common';
import { CursorSeal } from '../catalogue/cursor.ts';
import { FallbackCells } from '../catalogue/fallback-cells.ts';
import { digest } from '../catalogue/views.ts';
import { ConnectionRegistry } from '../connections/connection-registry.ts';
import { NotFoundError, StoreUnavailableError } from '../domain/errors.ts';
import type { Operation } from '../domain/operation.ts';
import { invalid } from '../http/mistakes.ts';
import { strangers } from '../processes/process-query.mapper.ts';
import type { StoredRecord } from '../ledger/record.ts';
import { stored } from '../ledger/stored.ts';
import { within } from '../timing/within.ts';
import type { KeptOperation } from './kept-operation.ts';
import { listOperations } from './list-operations.ts';
import { OperationAudit } from './operation-audit.ts';
import { cancelledOrRefused, settledOrRefused } from './operation-refusals.ts';
import { cancelling, decided, planned, settling } from './operation-decision.ts';
import type { OperationPlace } from './operation-index.ts';
import { toOperation } from './operation.presenter.ts';
import type { ListOperationsQuery } from './operation.query.ts';
import { OperationStore, PATIENT_OPERATION_STORE } from './operation-store.ts';
import type { ResolveOperationDto } from './resolve-operation.dto.ts';

type Kept = StoredRecord<KeptOperation>;

/** A page of operations, as callers get it. */
export interface OperationsBody {
  readonly data: readonly Operation[];
  readonly page: { readonly nextCursor: string | null; readonly total: null };
}

const idPattern = /^op-[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/;
const defaultLimit = 50;
const cursorLivesMs = 24 * 3_600_000;
const listMs = 5_000;

/** Operations: found, listed, cancelled, settled. */
@Injectable()
export class OperationsService {
  readonly #store: OperationStore;
  readonly #patient: OperationStore;
  readonly #connections: ConnectionRegistry;
  readonly #seal: CursorSeal;
  readonly #audit: OperationAudit;
  readonly #cells: Pick<FallbackCells, 'mark'>;

  constructor(
    @Inject(OperationStore) store: OperationStore,
    @Inject(PATIENT_OPERATION_STORE) patient: OperationStore,
    @Inject(ConnectionRegistry) connections: ConnectionRegistry,
    @Inject(CursorSeal) seal: CursorSeal,
    @Inject(OperationAudit) audit: OperationAudit,
    @Inject(FallbackCells) cells: Pick<FallbackCells, 'mark'>,
  ) {
    this.#store = store;
    this.#patient = patient;
    this.#connections = connections;
    this.#seal = seal;
    this.#audit = audit;
    this.#cells = cells;
  }

  /** @throws NotFoundError */
  async find(id: string): Promise<Kept> {
    const record = idPattern.test(id) ? await stored(() => this.#store.records.read(id)) : null;
    if (record === null) throw unknownOperation(id);
    return record;
  }

  /** The same for whoever watches it: many may come at once, and can wait a little. @throws NotFoundError */
  async watched(id: string): Promise<Kept> {
    const record = idPattern.test(id) ? await stored(() => this.#patient.records.read(id)) : null;
    if (record === null) throw unknownOperation(id);
    return record;
  }

  async list(query: ListOperationsQuery): Promise<OperationsBody> {
    this.#refuseStrangers(query.connection ?? []);
    const { limit = defaultLimit, cursor, ...fixed } = query;
    const bound = digest(JSON.stringify(['operations', ...Object.entries(fixed).sort()]));
    const from = cursor === undefined ? null : await this.#placeOf(cursor, bound);
    const filter = {
      connections: query.connection ?? null,
      kinds: query.kind ?? null,
      statuses: query.status ?? null,
      final: query.final ?? null,
      outcome: query.outcome ?? null,
    };
    const page = await stored(() =>
      within(listOperations(this.#patient, filter, from, limit), listMs),
    );
    if (page === null)
      throw new StoreUnavailableError('Redis was too slow to list operations.', {
        retryAfterMs: 1_000,
      });
    const nextCursor = page.next === null ? null : await this.#cursorTo(page.next, bound);
    return { data: page.operations.map(toOperation), page: { nextCursor, total: null } };
  }

  /**
   * Cancels what was not sent yet; one that was cancelled already stays so.
   * @throws ConflictError once it is being sent, or has ended otherwise
   */
  async cancel(id: string, requestId: string): Promise<Kept> {
    const found = await this.find(id);
    const now = await stored(() => this.#store.records.now());
    const record = await decided(this.#store.records, found, {
      step: cancelling(now),
      made: (cancelled) => {
        this.#audit.cancelled(cancelled, requestId);
      },
      lost: () => {
        this.#audit.lost(found, requestId);
      },
    });
    return cancelledOrRefused(record);
  }

  /** What that would come to. @throws ConflictError */
  async planCancel(id: string): Promise<Kept> {
    const found = await this.find(id);
    const now = await stored(() => this.#store.records.now());
    return cancelledOrRefused(planned(found, cancelling(now)));
  }

  /**
   * Writes down what a person says of an operation in doubt; said again, it stands already.
   * @throws ConflictError when it is not in doubt, or was settled otherwise
   */
  async resolve(id: string, said: ResolveOperationDto, requestId: string): Promise<Kept> {
    const found = await this.find(id);
    // Whoever reads that it is done reads what it has done, too.
    if (said.outcome === 'applied') await this.#cells.mark(found.doc.connection);
    const now = await stored(() => this.#store.records.now());
    const record = await decided(this.#store.records, found, {
      step: settling(said, now),
      made: (settled) => {
        this.#audit.resolved(settled, requestId);
      },
      lost: () => {
        this.#audit.lost(found, requestId);
      },
    });
    return settledOrRefused(record, said);
  }

  /** What that would come to. @throws ConflictError */
  async planResolve(id: string, said: ResolveOperationDto): Promise<Kept> {
    const found = await this.find(id);
    const now = await stored(() => this.#store.records.now());
    return settledOrRefused(planned(found, settling(said, now)), said);
  }

  #refuseStrangers(named: readonly string[]): void {
    const known = this.#connections.all().map(({ id }) => id);
    const errors = strangers('connection', named, known);
    if (errors.length > 0) throw invalid('query', errors);
  }

  async #placeOf(cursor: string, bound: string): Promise<OperationPlace> {
    const { offset, sources } = await this.#seal.open(cursor, bound, Date.now());
    return { createdAt: offset, id: sources[0]?.snapshot ?? '' };
  }

  #cursorTo({ createdAt, id }: OperationPlace, bound: string): Promise<string> {
    return this.#seal.seal({
      query: bound,
      offset: createdAt,
      sources: [{ connection: '', snapshot: id, asOf: null }],
      expiresAt: Date.now() + cursorLivesMs,
    });
  }
}

/** The 404 of an operation. */
function unknownOperation(id: string): NotFoundError {
  return new NotFoundError(`There is no operation "${id}".`);
}
