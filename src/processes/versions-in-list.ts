import { Inject, Injectable } from '@nestjs/common';
import type { ListAnswer } from '../catalogue/list-call.ts';
import type { Demand } from '../catalogue/freshness.ts';
import { digest } from '../catalogue/views.ts';
import { GatewayError } from '../domain/errors.ts';
import { parseId } from '../domain/ids.ts';
import type { Version } from '../domain/version.ts';
import { toVersion } from './presenter.ts';
import { ProcessReads } from './process-reads.ts';
import { ConnectionRegistry } from '../connections/connection-registry.ts';

interface ListBody {
  readonly data: readonly Record<string, unknown>[];
  readonly [member: string]: unknown;
}

/** Adds versions to the processes of one page. */
@Injectable()
export class VersionsInList {
  readonly #reads: ProcessReads;
  readonly #connections: ConnectionRegistry;

  constructor(
    @Inject(ProcessReads) reads: ProcessReads,
    @Inject(ConnectionRegistry) connections: ConnectionRegistry,
  ) {
    this.#reads = reads;
    this.#connections = connections;
  }

  /** The answer with `versions` in each process; null where they could not be read, and then it is not complete. */
  async add(answer: ListAnswer, demand: Demand): Promise<ListAnswer> {
    const body = JSON.parse(answer.body.toString('utf8')) as ListBody;
    const read = await Promise.all(body.data.map((item) => this.#of(item, demand)));
    const data = body.data.map((item, index) => ({
      ...item,
      versions: read[index]?.versions ?? null,
    }));
    const text = JSON.stringify({ ...body, data });
    return {
      ...answer,
      body: Buffer.from(text),
      etag: `W/"${digest(`${answer.etag}\n${JSON.stringify(data)}`)}"`,
      complete: answer.complete && read.every(({ failed }) => !failed),
    };
  }

  async #of(
    item: Record<string, unknown>,
    demand: Demand,
  ): Promise<{ versions: readonly Version[] | null; failed: boolean }> {
    const id = typeof item['id'] === 'string' ? parseId(item['id']) : null;
    const connection = id === null ? null : this.#connections.find(id.connection);
    const part = connection?.adapter.parts.versions;
    if (id === null || connection === null || part === undefined)
      return { versions: null, failed: false };
    try {
      const { value } = await this.#reads.read(connection, ['versions', id.key], demand, (signal) =>
        part.list(id.key, signal),
      );
      return {
        versions: value?.map((each) => toVersion(connection, id.key, each, false)) ?? null,
        failed: false,
      };
    } catch (error) {
      if (!(error instanceof GatewayError)) throw error;
      return { versions: null, failed: true };
    }
  }
}
