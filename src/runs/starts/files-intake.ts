import { Inject, Injectable } from '@nestjs/common';
import { GATEWAY_CONFIG } from '../../config/config.module.ts';
import type { GatewayConfig } from '../../config/gateway.config.ts';
import { FILE_STORE, type FileStore } from '../../files/file-store.ts';
import { readForm } from '../../files/form-reader.ts';
import { bytesOf, type RawBody } from '../../http/raw-body.ts';
import { FilesOrderParts, orderLimits, type QueryTarget, type TargetCheck } from './files-order.ts';

/** Reads starts with files as they come in. */
@Injectable()
export class FilesIntake {
  readonly #store: FileStore;
  readonly #mostBytes: number;

  constructor(
    @Inject(FILE_STORE) store: FileStore,
    @Inject(GATEWAY_CONFIG) { files }: GatewayConfig,
  ) {
    this.#store = store;
    this.#mostBytes = files.maxBytes;
  }

  /** The place for the parts of one start. */
  parts(query: QueryTarget, check: TargetCheck): FilesOrderParts {
    return new FilesOrderParts(this.#store, query, check);
  }

  /** A body that is no form is the archive itself. @throws TooLargeError, InvalidRequestError, InvalidFileError */
  async read(body: RawBody, parts: FilesOrderParts): Promise<void> {
    const content = bytesOf(body, this.#mostBytes);
    if (body.isForm) await readForm({ type: body.type, content }, orderLimits, parts);
    else await parts.file('archive', 'archive.zip', content);
  }
}
