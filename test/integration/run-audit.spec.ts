import { afterAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Queue } from 'bullmq';
import { randomUUID } from 'node:crypto';
import { ConnectionRegistry } from '../../src/connections/connection-registry.ts';
import type { StartsPart } from '../../src/domain/adapter.ts';
import { UpstreamRejectedError } from '../../src/domain/errors.ts';
import type { Native } from '../../src/domain/native.ts';
import type { StartReceipt } from '../../src/domain/run.ts';
import type { Departure, Reconciliation } from '../../src/domain/write.ts';
import { IdempotencyKeys } from '../../src/ledger/idempotency.ts';
import { Ledger } from '../../src/ledger/ledger.ts';
import type { LedgerJob } from '../../src/ledger/ledger.queue.ts';
import type { KeptRun } from '../../src/runs/kept-run.ts';
import { runLedger } from '../../src/runs/run-ledger.ts';
import { markOf } from '../../src/runs/starts/accepted-run.ts';
import { RunAcceptance } from '../../src/runs/starts/run-acceptance.ts';
import { eventually } from '../support/eventually.ts';
import { lost, shortTiming, silent } from '../support/ledger.ts';
import { begin, Killed, runId, RunStage, youngRun } from '../support/run-stage.ts';

const stage = new RunStage();
const queue = new Queue<LedgerJob>('starts', {
  connection: { url: stage.redis.url, maxRetriesPerRequest: null },
  prefix: `{${stage.redis.prefix}}`,
});
afterAll(() => queue.close());

const secret = 'hunter2';
const who = { caller: 'me', requestId: 'request-1' };
const other = { caller: 'you', requestId: 'request-2' };
const ofStart = { audit: 'start_run', ...who, connection: 'erp', process: 'invoices' };
const gentle = { force: false, cascade: false };

/** Starts of the ERP, which do, and show, what they are told to. */
class ToldStarts implements StartsPart {
  readonly repeatable = true;
  readonly timeoutMs = 300;
  readonly showsWithinMs = 50;
  answers: () => Promise<StartReceipt> = () => Promise.resolve({ nativeId: '1' });
  shows: Reconciliation<StartReceipt> = {
    state: 'undecided',
    why: 'Nobody knows.',
    candidates: [],
  };

  prepare(): Promise<readonly Native[]> {
    return Promise.resolve([]);
  }

  send(_: Native, { permit }: Departure): Promise<StartReceipt> {
    permit();
    return this.answers();
  }

  reconcile(): Promise<Reconciliation<StartReceipt>> {
    return Promise.resolve(this.shows);
  }
}

let starts: ToldStarts;
let acceptance: RunAcceptance;
let ledger: Ledger<KeptRun, StartReceipt>;

beforeEach(() => {
  starts = new ToldStarts();
  stage.parts.starts = starts;
  const { store, audit, connection } = stage;
  const keys = new IdempotencyKeys(stage.redis.client, stage.prefix);
  acceptance = new RunAcceptance(store, keys, queue, audit);
  const files = { openFile: () => Promise.reject(new Killed()), removeFiles: begin };
  const kind = runLedger(store, new ConnectionRegistry([connection]), files, audit);
  ledger = new Ledger(kind, silent, shortTiming);
});

/** Accepts a start; gives the id of its first run. */
async function accept(idempotencyKey: string | null = null, runs = 1): Promise<string> {
  const keyed = { ...who, idempotencyKey };
  const { id } = await acceptance.once(keyed, 'print', stage.connection, () =>
    Promise.resolve({
      part: 'starts',
      process: 'invoices',
      input: { password: secret },
      labels: [],
      notBefore: null,
      files: [],
      evidence: Array.from({ length: runs }, () => ({ password: secret })),
    }),
  );
  return id;
}

/** Takes a start up until that is known of it. */
function known(id: string, outcome: KeptRun['outcome']): Promise<void> {
  return eventually(async () => {
    await ledger.advance(id);
    expect((await stage.doc(id))?.outcome).toBe(outcome);
  }, 20_000);
}

/** A start of which nobody knows what became. */
async function doubted(): Promise<string> {
  starts.answers = () => Promise.reject(lost());
  const id = await accept();
  await known(id, 'unknown');
  return id;
}

function refusal(): UpstreamRejectedError {
  const upstream = { status: 400, code: null, message: 'no', requestId: null };
  return new UpstreamRejectedError('No.', { sent: 'maybe', upstream });
}

describe('the audit of a start', () => {
  it('says once that it was accepted, of each of its runs, however often it was asked for', async () => {
    const key = randomUUID();
    const id = await accept(key, 2);
    expect(await accept(key, 2)).toBe(id);
    const lines = stage.audited('A start was accepted');
    const siblings = (await stage.doc(id))?.siblings ?? [];
    expect(lines).toMatchObject(
      [id, ...siblings].map((run) => ({ ...ofStart, run, outcome: null, status: 'queued' })),
    );
    expect(lines).toHaveLength(2);
  });

  it.each([
    ['made', () => Promise.resolve({ nativeId: '1' }), 'applied', '1'],
    ['refused', () => Promise.reject(refusal()), 'rejected', null],
  ] as const)('says that it was %s', async (_, answers, outcome, nativeId) => {
    starts.answers = answers;
    const id = await accept();
    await ledger.advance(id);
    expect(stage.audited('A start has ended')).toMatchObject([
      { ...ofStart, run: id, outcome, nativeId },
    ]);
  });

  it('says once that it is in doubt, and who has settled it', async () => {
    const id = await doubted();
    starts.shows = { state: 'undecided', why: 'It may be that one.', candidates: ['9'] };
    await ledger.advance(id);
    expect((await stage.doc(id))?.evidence?.candidates).toEqual(['erp:9']);
    expect(stage.audited('A start is in doubt')).toMatchObject([
      { ...ofStart, run: id, outcome: 'unknown' },
    ]);
    const said = { outcome: 'not_sent', note: 'I looked.' } as const;
    await stage.writes.resolve(id, said, other);
    await stage.writes.resolve(id, said, other);
    expect(stage.audited('A start was settled')).toMatchObject([
      { ...ofStart, ...other, run: id, outcome: 'not_sent', settlement: said },
    ]);
  });

  it('says that it was made after all, where it was taken for one that was not sent', async () => {
    starts.answers = () => Promise.reject(lost());
    starts.shows = { state: 'absent', again: false };
    const id = await accept();
    await known(id, 'not_sent');
    const late = { ...youngRun('running'), mark: markOf(id) };
    await stage.intake.takeListed(stage.connection, [late]);
    expect(await stage.store.open.overdue(Number.MAX_SAFE_INTEGER, 10)).toContain(id);
    await ledger.advance(id);
    const told = stage.audited('A start has ended').map(({ outcome }) => outcome);
    expect([told[0], told.at(-1)]).toEqual(['not_sent', 'applied']);
  });

  it('never says what its run was given and gave', async () => {
    const id = await doubted();
    await stage.store.records.change(id, ({ doc }) => ({ doc: { ...doc, output: { secret } } }));
    expect(JSON.stringify(await stage.doc(id))).toContain(`"password":"${secret}"`);
    await stage.writes.resolve(id, { outcome: 'applied', note: 'I looked.' }, other);
    await ledger.advance(id);
    expect(stage.lines.length).toBeGreaterThan(3);
    expect(stage.lines.join('')).not.toContain(secret);
  });
});

describe('the audit of what is done with a run', () => {
  it('says who has stopped it before it was sent, and that it was not', async () => {
    const id = await accept();
    await stage.writes.cancel(id, gentle, other);
    await stage.writes.cancel(id, gentle, other);
    await ledger.advance(id);
    expect(stage.audited('A run is to be stopped')).toMatchObject([
      { audit: 'cancel_run', ...other, run: id, outcome: 'applied', status: 'cancelled' },
    ]);
    expect(stage.audited('A start has ended')).toMatchObject([
      { ...ofStart, run: id, outcome: 'not_sent', status: 'cancelled' },
    ]);
  });

  it('says who wants it stopped before its platform is told', async () => {
    const told: unknown[] = [];
    const cancel = (): Promise<boolean> => {
      told.push(...stage.audited('A run is to be stopped'));
      return Promise.resolve(true);
    };
    stage.parts.cancel = { cancel };
    stage.shown = youngRun('running');
    await stage.put({ status: 'running', final: false, outcome: 'applied' });
    await stage.writes.cancel(runId, gentle, other);
    expect(told).toMatchObject([{ ...other, run: runId, outcome: null, status: 'cancelling' }]);
  });

  it.each([
    ['restart', 'begin anew', 'failed', () => stage.writes.restart(runId, begin, other)],
    ['resume', 'go on', 'suspended', () => stage.writes.resume(runId, 'go', {}, begin, other)],
  ] as const)(
    'says who lets it %s before its platform is told',
    async (part, to, status, write) => {
      const told: unknown[] = [];
      const tell = (): Promise<boolean> => {
        told.push(...stage.audited(`A run is to ${to}`));
        return Promise.reject(lost());
      };
      stage.parts.restart = { restart: tell };
      stage.parts.resume = { resume: tell };
      stage.shown = youngRun(status);
      await stage.put({ outcome: 'applied' });
      await expect(write()).rejects.toThrow();
      expect(told).toMatchObject([{ audit: `${part}_run`, ...other, run: runId, outcome: null }]);
    },
  );

  it('says that it may have been stopped where Redis may forget that', async () => {
    const id = await accept();
    stage.demandReplica();
    await expect(stage.writes.cancel(id, gentle, other)).rejects.toThrow();
    expect(stage.audited('A run may have been cancelled or settled')).toMatchObject([
      { audit: 'cancel_run', ...other, run: id, outcome: 'unknown' },
    ]);
    expect(stage.audited('A run is to be stopped')).toEqual([]);
  });
});
