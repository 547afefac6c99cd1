import { Inject, Injectable } from '@nestjs/common';
import pMap from 'p-map';
import type { Demand } from '../catalogue/freshness.ts';
import { type FieldError, GatewayError, NotFoundError } from '../domain/errors.ts';
import type { PackageFile } from '../domain/package.ts';
import { invalid } from '../http/mistakes.ts';
import { missingAt, notThere, refuseDoubles } from '../platforms/export-items.ts';
import { type FoundProcess, ProcessReads, readTimeoutMs } from '../processes/process-reads.ts';
import { opened } from '../timing/opened.ts';
import { type ExportOrder, itemsOf, namedIn } from './export-order.ts';

/** Before the server takes a caller who hears nothing for gone, in ms. */
const longestOpeningMs = 100_000;

/** Several versions in one file. */
@Injectable()
export class ExportsService {
  readonly #reads: ProcessReads;

  constructor(@Inject(ProcessReads) reads: ProcessReads) {
    this.#reads = reads;
  }

  /**
   * Refuses a body that names what cannot be there, whatever else is wrong with it; no platform is asked.
   * @throws NotFoundError
   */
  async refuseImpossible(body: unknown): Promise<void> {
    const missing: FieldError[] = [];
    for (const [place, id] of namedIn(body).entries())
      if (typeof id === 'string' && !(await this.#canBe(id))) missing.push(missingAt(place, true));
    if (missing.length > 0) throw notThere(missing, {});
  }

  /**
   * What a body asks for, as far as it can be told without a platform; whether that can be done is another matter.
   * @throws InvalidRequestError
   */
  order(body: unknown): ExportOrder {
    const items = itemsOf(body);
    const connections = items.map(({ process }) => this.#reads.connectionOf(process));
    const [connection] = connections;
    if (connection === undefined) throw new Error('an order of nothing has passed');
    const others = connections.flatMap((each, place): FieldError[] =>
      each === connection
        ? []
        : [{ at: `items[${place}].process`, message: `must be of ${connection.id}, as the first` }],
    );
    if (others.length > 0) throw invalid('body', others, { outcome: 'not_sent' });
    refuseDoubles(
      items.map(({ process, version }) => `${process}\n${version ?? ''}`),
      {},
    );
    return { connection, items };
  }

  /**
   * The file, on its way; all of it has been found.
   * @throws NotFoundError naming the items that there are not
   */
  async open(order: ExportOrder, demand: Demand, gone: AbortSignal): Promise<PackageFile> {
    const { connection } = order;
    const patienceMs = Math.max(connection.config.listTimeout, readTimeoutMs(connection));
    return opened(Math.min(patienceMs, longestOpeningMs), gone, async (signal) => {
      const found = await this.find(order, demand, signal);
      const items = found.map(({ key, version }, place) => ({
        key,
        version: order.items[place]?.version ?? version,
      }));
      return connection.part('export').export(items, signal);
    });
  }

  /** What the items are, live. @throws NotFoundError naming those that there are not */
  async find(
    { connection, items }: ExportOrder,
    demand: Demand,
    signal: AbortSignal,
  ): Promise<readonly FoundProcess[]> {
    const missing: FieldError[] = [];
    const find = async (id: string, place: number): Promise<FoundProcess[]> => {
      try {
        return [await this.#reads.findLive(id, 'export', demand, signal)];
      } catch (error) {
        if (!(error instanceof NotFoundError)) throw error;
        missing.push(missingAt(place, true));
        return [];
      }
    };
    const { concurrency } = connection.config;
    const found = await pMap(items, ({ process }, place) => find(process, place), { concurrency });
    const asked = { connection: connection.id, platform: connection.platform.name };
    if (missing.length > 0) throw notThere(missing, asked);
    return found.flat();
  }

  /** Whether there can be a process of this id; of one that is none, its mistake is told later. */
  async #canBe(id: string): Promise<boolean> {
    try {
      await this.#reads.refuseImpossible(id);
    } catch (error) {
      if (error instanceof NotFoundError) return false;
      if (!(error instanceof GatewayError)) throw error;
    }
    return true;
  }
}
