import { expect } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import type { AdapterParts } from '../../src/domain/adapter.ts';
import { decodeKey, encodeKey } from '../../src/domain/ids.ts';
import type { Native } from '../../src/domain/native.ts';
import {
  isEnd,
  type RunRecord,
  type RunRef,
  runStatuses,
  type StartRequest,
  type WholeRun,
} from '../../src/domain/run.ts';
import type { Departure, Reconciliation, SentWindow } from '../../src/domain/write.ts';
import type { StartReceipt } from '../../src/domain/run.ts';
import type { Platform } from '../../src/platforms/platform.ts';
import { eventually } from '../support/eventually.ts';
import type { Reader } from './reader.ts';
import { linesIn } from '../../src/platforms/lines.testing.ts';

/** A start as the ledger keeps it. */
export interface Prepared {
  readonly evidence: Native;
  readonly mark: string;
}

/** A run that was started, and what its start was known by. */
export interface Begun extends Prepared {
  readonly nativeId: string;
  readonly sent: SentWindow;
}

const endsWithinMs = 10_000;

/** Runs by the adapter of the moment, as the ledger and the poller use it. */
export class Runner {
  readonly #platform: Platform;
  readonly #reader: Reader;

  constructor(platform: Platform, reader: Reader) {
    this.#platform = platform;
    this.#reader = reader;
  }

  /** What starts a process with nothing but what `changes` says. */
  request(process: string, changes: Partial<StartRequest> = {}): StartRequest {
    return {
      process,
      version: null,
      deployment: null,
      input: {},
      labels: ['conformance'],
      options: new this.#platform.startOptions(),
      mark: `r-${randomUUID()}`,
      ...changes,
    };
  }

  /** A start that was checked and went through the store. */
  async prepare(process: string, changes: Partial<StartRequest> = {}): Promise<Prepared> {
    const request = this.request(process, changes);
    const starts = this.#reader.part('starts');
    const prepared = await starts.prepare(request, this.#reader.signal());
    expect(prepared).toHaveLength(1);
    const text = JSON.stringify(prepared[0]);
    const evidence = JSON.parse(text) as Native;
    expect(evidence).toEqual(prepared[0]);
    for (const secret of ['sandbox-secret', 'sandbox-token', 'sandbox-password'])
      expect(text).not.toContain(secret);
    return { evidence, mark: request.mark };
  }

  departure(permit: () => void = () => undefined): Departure {
    const openFile = (): Promise<never> => Promise.reject(new Error('there is no file'));
    return { signal: this.#reader.signal(), permit, openFile };
  }

  /** Starts a process; its id comes from the answer, else from what shows of it. */
  async begin(process: string, changes: Partial<StartRequest> = {}): Promise<Begun> {
    const prepared = await this.prepare(process, changes);
    const from = Date.now();
    const starts = this.#reader.part('starts');
    const { nativeId } = await starts.send(prepared.evidence, this.departure());
    const sent = { from, until: Date.now() };
    if (nativeId !== null) return { ...prepared, nativeId, sent };
    const found = await eventually(async () => {
      const { state, ...rest } = await this.reconcile(prepared, sent);
      if (state !== 'applied' || !('receipt' in rest)) throw new Error(`it is ${state}`);
      return rest.receipt.nativeId;
    }, endsWithinMs);
    if (found === null) throw new Error('it was applied, and nobody knows its id');
    return { ...prepared, nativeId: found, sent };
  }

  reconcile({ evidence }: Prepared, sent: SentWindow): Promise<Reconciliation<StartReceipt>> {
    return this.#reader.part('starts').reconcile(evidence, sent, this.#reader.signal());
  }

  async get(nativeId: string): Promise<WholeRun | null> {
    return this.#reader.part('runs').get(nativeId, this.#reader.signal());
  }

  /** The run once it has come to its end, at the latest ten seconds from now. */
  async ended(nativeId: string): Promise<WholeRun> {
    return eventually(async () => {
      const run = await this.get(nativeId);
      if (run === null || !isEnd(run.status))
        throw new Error(`${nativeId} is ${run?.upstreamStatus ?? 'nowhere'}`);
      return run;
    }, endsWithinMs);
  }

  /** The log of a run as text; null without one. */
  async log(run: RunRef): Promise<string | null> {
    const log: AdapterParts['log'] = this.#reader.part('log');
    if (log.kind === 'lines') {
      const lines = await linesIn(await log.lines(run, null, this.#reader.signal()));
      return (
        lines?.map(({ at, level, message }) => [at, level, message].join(' ')).join('\n') ?? null
      );
    }
    const bytes = await log.read(run.nativeId, 0, null, this.#reader.signal());
    if (bytes === null) return null;
    const chunks: Uint8Array[] = [];
    for await (const chunk of bytes.content) chunks.push(chunk);
    expect(bytes.end - bytes.start).toBe(chunks.reduce((sum, chunk) => sum + chunk.length, 0));
    return Buffer.concat(chunks).toString('utf8');
  }
}

/** What a poller knows of a run. */
export function refOf({ nativeId, process, createdAt }: RunRecord): RunRef {
  return { nativeId, process, createdAt };
}

/** A run of which only the id is known. */
export function unknownRef(nativeId: string): RunRef {
  return { nativeId, process: null, createdAt: null };
}

const instant = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;
const members = [
  'createdAt',
  'error',
  'finishedAt',
  'form',
  'initiator',
  'input',
  'isOutputLong',
  'labels',
  'mark',
  'native',
  'nativeId',
  'output',
  'process',
  'startedAt',
  'status',
  'updatedAt',
  'upstreamStatus',
];

/** A record that says besides all that may be shown of the run: what a list shows of it is a part of that. */
export function expectWhole({ whole, ...run }: WholeRun): void {
  expectRecord(run);
  expect(whole).toMatchObject(run.native);
}

/** Every member is there and of its type, null where the platform lacks it. */
export function expectRecord(run: RunRecord): void {
  expect(Object.keys(run).sort()).toEqual(members);
  expect(encodeKey(decodeKey(run.nativeId))).toBe(run.nativeId);
  if (run.process !== null) expect(encodeKey(decodeKey(run.process))).toBe(run.process);
  expect(runStatuses).toContain(run.status);
  expect(typeof run.upstreamStatus).toBe('string');
  for (const at of [run.createdAt, run.startedAt, run.finishedAt, run.updatedAt])
    if (at !== null) expect(at).toMatch(instant);
  if (run.startedAt !== null && run.finishedAt !== null)
    expect(run.finishedAt >= run.startedAt).toBe(true);
  for (const object of [run.input, run.output, run.native])
    expect(object === null || (typeof object === 'object' && !Array.isArray(object))).toBe(true);
  if (run.error !== null) expect(run.error.message).not.toBe('');
  if (run.status === 'succeeded') expect(run.error).toBeNull();
  for (const label of run.labels) expect(typeof label).toBe('string');
  for (const text of [run.mark, run.form, run.initiator])
    expect(text === null || text.length > 0).toBe(true);
}
