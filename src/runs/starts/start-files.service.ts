import { Inject, Injectable } from '@nestjs/common';
import { defaultDemand } from '../../catalogue/freshness.ts';
import type { Connection } from '../../connections/connection.ts';
import { ConnectionRegistry } from '../../connections/connection-registry.ts';
import { NotFoundError } from '../../domain/errors.ts';
import { parseId } from '../../domain/ids.ts';
import type { Native } from '../../domain/native.ts';
import type { StartFile } from '../../domain/run.ts';
import type { RawBody } from '../../http/raw-body.ts';
import { type AcceptedOnce, isInDoubt, type Keyed } from '../../ledger/accept-once.ts';
import { fingerprintOf } from '../../ledger/idempotency.ts';
import { beforeAcceptance } from '../../ledger/with-outcome.ts';
import { ProcessReads, readTimeoutMs } from '../../processes/process-reads.ts';
import { deadline } from '../../timing/deadline.ts';
import type { FilesOrder, FilesOrderParts, OrderFile, QueryTarget } from './files-order.ts';
import { FilesIntake } from './files-intake.ts';
import { RunAcceptance } from './run-acceptance.ts';
import type { FoundRun } from '../found-run.ts';
import type { AskedBy } from '../run-audit.ts';

/** A start with files, as its route takes it. */
export interface FilesStartCall extends Keyed, AskedBy {
  readonly path: string;
  readonly query: QueryTarget;
  /** Read only once nothing is known to stand in the way. */
  readonly body: () => RawBody;
}

/** What an order is for. */
interface Place {
  readonly connection: Connection;
  /** The canonical native key of the process. */
  readonly key: string | null;
}

/** Takes starts in that bring files. */
@Injectable()
export class StartFilesService {
  readonly #connections: ConnectionRegistry;
  readonly #reads: ProcessReads;
  readonly #intake: FilesIntake;
  readonly #acceptance: RunAcceptance;

  constructor(
    @Inject(ConnectionRegistry) connections: ConnectionRegistry,
    @Inject(ProcessReads) reads: ProcessReads,
    @Inject(FilesIntake) intake: FilesIntake,
    @Inject(RunAcceptance) acceptance: RunAcceptance,
  ) {
    this.#connections = connections;
    this.#reads = reads;
    this.#intake = intake;
    this.#acceptance = acceptance;
  }

  /** Files are kept when they are accepted, or may have been. */
  async start(call: FilesStartCall): Promise<AcceptedOnce<FoundRun>> {
    let isKept = false;
    let parts: FilesOrderParts | null = null;
    try {
      parts = this.#intake.parts(call.query, (name, id) => {
        this.#connectionOf(name, id).part('archiveRuns');
      });
      await this.#intake.read(call.body(), parts);
      const accepted = await this.#accept(call, parts);
      isKept = !accepted.isReplay;
      return accepted;
    } catch (error) {
      isKept = isInDoubt(error);
      throw beforeAcceptance(error);
    } finally {
      if (!isKept) await parts?.discard();
    }
  }

  async #accept(call: FilesStartCall, parts: FilesOrderParts): Promise<AcceptedOnce<FoundRun>> {
    const order = parts.order();
    const fingerprint = fingerprintOf('POST', call.path, comparable(order));
    // What was accepted is told whatever has become of the process, or of its platform.
    const made = await this.#acceptance.made(call, fingerprint);
    if (made !== null) return made;
    const { connection, key } = await this.#placeOf(order);
    const { archive, files, request, parameters } = order;
    const all = archive === null ? files : [archive, ...files];
    return this.#acceptance.once(call, fingerprint, connection, async (mark) => ({
      part: 'archiveRuns',
      process: key,
      input: { ...request, ...parameters },
      labels: [],
      notBefore: null,
      files: all.map(({ id }) => id),
      evidence: [await this.#prepare(connection, key, order, mark)],
    }));
  }

  #prepare(
    connection: Connection,
    process: string | null,
    { entryPoint, archive, files, request, parameters }: FilesOrder,
    mark: string,
  ): Promise<Native> {
    return connection.part('archiveRuns').prepare(
      {
        process,
        entryPoint,
        archive: archive === null ? null : sent(archive),
        files: files.map(sent),
        request,
        parameters,
        mark,
      },
      deadline(readTimeoutMs(connection)),
    );
  }

  async #placeOf({ process, connection }: FilesOrder): Promise<Place> {
    if (process !== null) return this.#reads.findLive(process, 'archiveRuns', defaultDemand);
    return { connection: this.#connectionOf('connection', connection ?? ''), key: null };
  }

  /** @throws NotFoundError */
  #connectionOf(name: 'process' | 'connection', id: string): Connection {
    if (name === 'connection') return this.#connections.get(id);
    const parsed = parseId(id);
    const found = parsed === null ? null : this.#connections.find(parsed.connection);
    if (found === null) throw new NotFoundError(`There is no process "${id}".`);
    return found;
  }
}

function sent({ name, id, length }: OrderFile): StartFile {
  return { name, id, length };
}

/** Equal for equal orders, in whatever order and between whatever boundaries their parts came. */
function comparable({ archive, files, ...texts }: FilesOrder): object {
  return {
    ...texts,
    archive: archive?.sha256 ?? null,
    files: Object.fromEntries(files.map(({ name, sha256 }) => [name, sha256])),
  };
}
