import { Inject, Injectable } from '@nestjs/common';
import { GATEWAY_CONFIG } from '../config/config.module.ts';
import type { GatewayConfig } from '../config/gateway.config.ts';
import type { Connection } from '../connections/connection.ts';
import { ConnectionRegistry } from '../connections/connection-registry.ts';
import { FILE_STORE, type FileStore } from '../files/file-store.ts';
import { readForm } from '../files/form-reader.ts';
import { bytesOf, type RawBody } from '../http/raw-body.ts';
import { type AcceptedOnce, isInDoubt } from '../ledger/accept-once.ts';
import type { StoredRecord } from '../ledger/record.ts';
import { beforeAcceptance } from '../ledger/with-outcome.ts';
import type { KeptOperation } from '../operations/kept-operation.ts';
import { ImportAcceptance } from './import-acceptance.ts';
import type { ImportCall } from './import-call.ts';
import { ImportForm, importLimits } from './import-form.ts';
import { refuseMode } from './import-modes.ts';
import type { ImportPlan } from './import-plan.ts';

/** What is answered: an operation, or with `validateOnly` a plan. */
export type ImportAnswer =
  | { readonly plan: ImportPlan; readonly accepted: null }
  | { readonly plan: null; readonly accepted: AcceptedOnce<StoredRecord<KeptOperation>> };

/** Takes imports in: stores their files, looks into them, writes down what is to be done. */
@Injectable()
export class ImportsService {
  readonly #connections: ConnectionRegistry;
  readonly #store: FileStore;
  readonly #acceptance: ImportAcceptance;
  readonly #mostBytes: number;

  constructor(
    @Inject(ConnectionRegistry) connections: ConnectionRegistry,
    @Inject(FILE_STORE) store: FileStore,
    @Inject(ImportAcceptance) acceptance: ImportAcceptance,
    @Inject(GATEWAY_CONFIG) { files }: GatewayConfig,
  ) {
    this.#connections = connections;
    this.#store = store;
    this.#acceptance = acceptance;
    this.#mostBytes = files.maxBytes;
  }

  /** The file is kept when the import is accepted, or may have been. */
  async answer(call: ImportCall): Promise<ImportAnswer> {
    let isKept = false;
    let form: ImportForm | null = null;
    try {
      form = new ImportForm(this.#store, call.query, (name, value) => {
        if (name === 'connection') this.#connectionOf(value);
      });
      await this.#read(call.body(), form);
      const order = form.order();
      const connection = this.#connectionOf(order.connection);
      refuseMode(connection, order.onConflict);
      if (order.validateOnly)
        return { plan: await this.#acceptance.plan(call, connection, order), accepted: null };
      const accepted = await this.#acceptance.accept(call, connection, order);
      isKept = !accepted.isReplay;
      return { plan: null, accepted };
    } catch (error) {
      isKept = isInDoubt(error);
      throw beforeAcceptance(error);
    } finally {
      if (!isKept) await form?.discard();
    }
  }

  async #read(body: RawBody, form: ImportForm): Promise<void> {
    const content = bytesOf(body, this.#mostBytes);
    await readForm({ type: body.type, content }, importLimits, form);
  }

  /** @throws NotFoundError, CapabilityNotSupportedError */
  #connectionOf(id: string): Connection {
    const connection = this.#connections.get(id);
    connection.part('import');
    return connection;
  }
}
