import { Inject, Injectable } from '@nestjs/common';
import { GATEWAY_CONFIG } from '../config/config.module.ts';
import type { GatewayConfig } from '../config/gateway.config.ts';
import { ConnectionRegistry } from '../connections/connection-registry.ts';
import { FILE_STORE, type FileStore } from '../files/file-store.ts';
import { readForm } from '../files/form-reader.ts';
import { bytesOf, type RawBody } from '../http/raw-body.ts';
import { type AcceptedOnce, isInDoubt } from '../ledger/accept-once.ts';
import type { StoredRecord } from '../ledger/record.ts';
import { beforeAcceptance } from '../ledger/with-outcome.ts';
import type { KeptOperation } from '../operations/kept-operation.ts';
import { ImportAcceptance } from './import-acceptance.ts';
import type { AskedImport, ImportCall } from './import-call.ts';
import { ImportForm, importLimits } from './import-form.ts';
import type { ImportPlan } from './import-plan.ts';

/** What is answered: an operation, or with `validateOnly` a plan. */
export type ImportAnswer = { readonly call: ImportCall } & (
  | { readonly plan: ImportPlan; readonly accepted: null }
  | { readonly plan: null; readonly accepted: AcceptedOnce<StoredRecord<KeptOperation>> }
);

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
  async answer(asked: AskedImport): Promise<ImportAnswer> {
    const form = this.#form();
    let isKept = false;
    try {
      if (asked.connection !== null) form.place(asked.connection);
      const said = form.mind(() => asked.read());
      form.asked(said?.query ?? {});
      await read(asked.body(), form);
      const order = form.order();
      const { caller, path, requestId, gone } = asked;
      const { idempotencyKey = null, planToken = null } = said ?? {};
      const call = { caller, path, requestId, gone, idempotencyKey, planToken };
      if (order.validateOnly)
        return { plan: await this.#acceptance.plan(call, order), accepted: null, call };
      const accepted = await this.#acceptance.accept(call, order);
      isKept = !accepted.isReplay;
      return { plan: null, accepted, call };
    } catch (error) {
      isKept = isInDoubt(error);
      throw beforeAcceptance(error);
    } finally {
      asked.heard(form);
      if (!isKept) await form.discard();
    }
  }

  #form(): ImportForm {
    return new ImportForm({
      store: this.#store,
      connectionOf: (id) => this.#connections.get(id),
      // Without Redis nothing can be accepted: then nothing is stored either.
      ready: () => this.#acceptance.now(),
      admit: (length) => {
        this.#acceptance.admit(length);
      },
      mostBytes: this.#mostBytes,
    });
  }
}

async function read(body: RawBody, form: ImportForm): Promise<void> {
  form.size.announce(body.length ?? 0);
  const content = bytesOf(body, form.size.mostOfRequest, () => form.size.tooLarge());
  await readForm({ type: body.type, content }, importLimits, form);
}
