import { afterAll, beforeAll, expect } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import type { AdapterParts } from '../../src/domain/adapter.ts';
import type { RunRecord, RunRef, RunStatus, StartRequest } from '../../src/domain/run.ts';
import type { Departure } from '../../src/domain/write.ts';
import { concord } from '../../src/platforms/concord/concord.platform.ts';
import { eventually } from '../support/eventually.ts';
import { type OpenAdapter, openAdapter } from '../support/open-adapter.ts';
import { realServer } from './server.ts';

/** A run takes 6 to 20 s where nothing else goes on, the server runs three at once, and another spec starts sixty. */
const patienceMs = 600_000;
/** The time that a test of several runs has. */
export const testMs = 1_200_000;

export const { url } = realServer();

export const signal = (): AbortSignal => AbortSignal.timeout(patienceMs);
export const keyOf = (flow: string): string =>
  `Default:platform-checks:main:${encodeURIComponent(flow)}`;
export const partsOf = ({ adapter }: OpenAdapter): AdapterParts => adapter.parts as AdapterParts;

/** An adapter of the real server, or of what stands before it. */
export function connect(at = url, changes: Readonly<Record<string, unknown>> = {}): OpenAdapter {
  const auth = { type: 'apiKey', key: { env: 'CONCORD_API_KEY' } };
  return openAdapter(concord, at, { auth, timeout: '20s', ...changes });
}

export function departure(files: ReadonlyMap<string, Buffer> = new Map()): Departure {
  const openFile = (id: string): Promise<Readable> =>
    Promise.resolve(Readable.from([files.get(id) ?? Buffer.alloc(0)]));
  return { signal: signal(), permit: () => undefined, openFile };
}

export function requestOf(
  flow: string,
  changes: Partial<StartRequest> = {},
  options = {},
): StartRequest {
  return {
    process: flow === '' ? 'Default:platform-checks:main:' : keyOf(flow),
    version: null,
    deployment: null,
    input: {},
    labels: [],
    options: Object.assign(new concord.startOptions(), options),
    mark: `r-${randomUUID()}`,
    ...changes,
  };
}

/** Runs of the real Concord, as the gateway starts and reads them. */
export class RealRuns {
  /** Starts by form. */
  open!: OpenAdapter;
  /** Starts by path. */
  byPath!: OpenAdapter;

  constructor() {
    beforeAll(() => {
      this.open = connect();
      this.byPath = connect(url, { startStyle: 'path' });
    });
    afterAll(async () => {
      await this.open.close();
      await this.byPath.close();
    });
  }

  parts(): AdapterParts {
    return partsOf(this.open);
  }

  async begin(request: StartRequest, adapter = this.open): Promise<RunRef> {
    const { starts } = partsOf(adapter);
    const [evidence = {}] = await starts.prepare(request, signal());
    const { nativeId } = await starts.send(evidence, departure());
    return { nativeId: nativeId ?? '', process: request.process, createdAt: null };
  }

  async until({ nativeId }: RunRef, ...statuses: readonly RunStatus[]): Promise<RunRecord> {
    const { whole, ...record } = await eventually(async () => {
      const run = await this.parts().runs.get(nativeId, signal());
      if (run !== null && statuses.includes(run.status)) return run;
      throw new Error(`it is ${run?.upstreamStatus ?? 'nowhere'}`);
    }, patienceMs);
    expect(whole).toMatchObject(record.native);
    return record;
  }

  ended(run: RunRef): Promise<RunRecord> {
    return this.until(run, 'succeeded', 'failed', 'cancelled', 'timed_out');
  }

  async logOf({ nativeId }: RunRef, from = 0, to: number | null = null): Promise<Buffer> {
    const { log } = this.parts();
    if (log.kind !== 'bytes') throw new Error('no bytes');
    const found = await log.read(nativeId, from, to, signal());
    if (found === null) throw new Error('no log');
    const chunks: Uint8Array[] = [];
    for await (const chunk of found.content) chunks.push(chunk);
    const all = Buffer.concat(chunks);
    expect(all.length).toBe(found.end - found.start);
    expect(found.start).toBeLessThanOrEqual(from);
    return all.subarray(from - found.start, (to ?? found.size) - found.start);
  }
}
