import { afterAll, beforeEach, describe, expect, it } from '@jest/globals';
import { pino } from 'pino';
import { MemoryCells } from '../../src/catalogue/memory-cells.ts';
import { ReadCache } from '../../src/catalogue/read-cache.ts';
import { Walks } from '../../src/catalogue/walks.ts';
import type { Connection } from '../../src/connections/connection.ts';
import { ConnectionRegistry } from '../../src/connections/connection-registry.ts';
import type { AdapterParts } from '../../src/domain/adapter.ts';
import {
  ConflictError,
  UpstreamRejectedError,
  UpstreamTimeoutError,
} from '../../src/domain/errors.ts';
import type { RunRecord, StartReceipt } from '../../src/domain/run.ts';
import type { CertainWrite } from '../../src/domain/write.ts';
import { Ledger } from '../../src/ledger/ledger.ts';
import { foreign, instantOf, type KeptRun } from '../../src/runs/kept-run.ts';
import { RunFeed } from '../../src/runs/run-feed.ts';
import { RunPoller } from '../../src/runs/run-poller.ts';
import { RunStore } from '../../src/runs/run-store.ts';
import { RunWindow } from '../../src/runs/run-window.ts';
import { runLedger } from '../../src/runs/run-ledger.ts';
import { RunWritesService } from '../../src/runs/run-writes.service.ts';
import { RunsService } from '../../src/runs/runs.service.ts';
import { erpRun, erpWith, shows } from '../support/erp.ts';
import { freshRedis } from '../support/redis.ts';

const redis = freshRedis('owners');
afterAll(() => redis.close());

const log = pino({ level: 'silent' });
const id = 'erp:1';
/** No run may be without an owner for longer, in ms. */
const mostMs = 60_000;

/** The process ends here. */
class Killed extends Error {}

let store: RunStore;
let connection: Connection;
let parts: { -readonly [Part in keyof AdapterParts]?: AdapterParts[Part] };
let window: RunWindow;
let writes: RunWritesService;
let shown: RunRecord;
let test = 0;

function run(status: RunRecord['status']): RunRecord {
  const at = instantOf(Date.now() - 5_000);
  return erpRun({ status, createdAt: at, startedAt: at, updatedAt: at });
}

beforeEach(() => {
  store = new RunStore(redis.client, `${redis.prefix}${(test += 1)}`);
  shown = run('succeeded');
  parts = {
    runs: {
      get: () => Promise.resolve(shown),
      getMany: () => shows([shown]),
      since: () => Promise.resolve([shown]),
    },
    restart: {
      restart: () => {
        shown = run('running');
        return Promise.resolve(true);
      },
    },
    resume: {
      resume: () => {
        shown = run('running');
        return Promise.resolve(true);
      },
    },
  };
  connection = erpWith(parts);
  const cells = new MemoryCells(() => Date.now());
  window = new RunWindow(store, new ReadCache(cells, new Walks(cells, log), 1_000));
  const feed = new RunFeed(store, redis.client, log);
  const registry = new ConnectionRegistry([connection]);
  writes = new RunWritesService(new RunsService(registry, store, window, feed), store);
});

/** Between everything else a poller is faster: it looks at whatever is due before a record is stored. */
function overtaken(endsAfterwards: boolean): void {
  const { records } = store;
  const poller = new RunPoller(store, log);
  const change = records.change.bind(records);
  let isFirst = true;
  records.change = async (...args) => {
    if (!isFirst) return change(...args);
    isFirst = false;
    await poller.poll(connection);
    const changed = await change(...args);
    if (endsAfterwards) throw new Killed();
    return changed;
  };
}

/** In how many ms somebody looks at the runs of the connection; null: nobody does. */
async function nextLook(): Promise<number | null> {
  const next = await store.polls.next('erp');
  return next === null ? null : next - (await store.records.now());
}

/** A look at the run, though it is not due. */
async function lookNow(): Promise<void> {
  await store.polls.plan('erp', id, await store.records.now());
  await new RunPoller(store, log).poll(connection);
}

async function put(changes: Partial<KeptRun>, as = id): Promise<void> {
  const doc = { ...foreign(connection, shown, Date.now()), ...changes };
  const now = await store.records.now();
  const entry = {
    state: 'unknown',
    connection: 'erp',
    part: 'starts',
    mark: 'm',
    acceptedAt: now,
    notBefore: now,
    deadline: now,
    token: null,
    sendBy: null,
    sentFrom: now,
    sentUntil: now,
    tries: 1,
    lastFailure: null,
    looks: 1,
    absentSince: null,
    files: [],
  } as const;
  await store.records.create({ id: as, doc, ledger: entry, evidence: {} });
}

const begin = (): Promise<void> => Promise.resolve();
const acts: Readonly<Record<string, () => Promise<unknown>>> = {
  'is begun anew': () => writes.restart(id, begin),
  'goes on': () => writes.resume(id, 'go', {}, begin),
  'was in doubt and is settled': () =>
    writes.resolve(id, { outcome: 'applied', nativeId: '1', note: 'seen' }),
};

describe.each(Object.keys(acts))('a run that %s', (name) => {
  const act = acts[name] ?? begin;
  const doubt: Partial<KeptRun> = { status: 'unknown', final: true, outcome: 'unknown' };

  beforeEach(async () => {
    if (name === 'goes on') shown = run('suspended');
    await put(name.includes('doubt') ? doubt : { mark: 'm' });
    if (name.includes('doubt')) shown = run('running');
  });

  it('is looked at soon, though a poller was there before it was stored', async () => {
    overtaken(false);
    await act();
    expect((await store.records.read(id))?.doc.final).toBe(false);
    const next = await nextLook();
    expect(next).not.toBeNull();
    expect(next).toBeLessThanOrEqual(2_000);
  });

  it('has an owner, though its process ends right after it was stored', async () => {
    overtaken(true);
    await expect(act()).rejects.toThrow();
    expect((await store.records.read(id))?.doc.final).toBe(false);
    const next = await nextLook();
    expect(next).not.toBeNull();
    expect(next).toBeLessThanOrEqual(mostMs);
  });
});

describe('a run that was told to begin anew, and whose answer is lost', () => {
  const lost = new UpstreamTimeoutError('No answer came in time.', { sent: 'maybe' });
  let told: string[];

  /** The platform has taken it, or has not; the answer is lost, or never comes because the process ends. */
  async function lose(begins: boolean): Promise<void> {
    shown = run('succeeded');
    await put({ mark: 'm', outcome: 'applied' });
    parts.restart = {
      restart: () => {
        if (begins) shown = run('running');
        return Promise.reject(lost);
      },
    };
    told = [];
    parts.cancel = {
      cancel: ({ nativeId }) => {
        told.push(nativeId);
        return Promise.resolve(true);
      },
    };
    await expect(writes.restart(id, begin)).rejects.toBe(lost);
  }

  const look = async (): Promise<KeptRun | undefined> => {
    await store.polls.plan('erp', id, await store.records.now());
    await new RunPoller(store, log).poll(connection);
    return (await store.records.read(id))?.doc;
  };

  it('is open, looked at soon, and shows its next attempt', async () => {
    await lose(true);
    expect((await store.records.read(id))?.doc).toMatchObject({ status: 'unknown', final: false });
    expect(await nextLook()).toBeLessThanOrEqual(2_000);
    expect(await look()).toMatchObject({ status: 'running', final: false, attempt: 2 });
    expect(await nextLook()).not.toBeNull();
    shown = run('failed');
    expect(await look()).toMatchObject({ status: 'failed', final: true, attempt: 2 });
  });

  it('shows its next attempt though that has ended before anybody looked', async () => {
    await lose(true);
    shown = { ...run('succeeded'), finishedAt: instantOf(Date.now()) };
    expect(await look()).toMatchObject({ status: 'succeeded', final: true, attempt: 2 });
  });

  it('stays as it ended where it has not begun, once that cannot happen any more', async () => {
    await lose(false);
    expect(await look()).toMatchObject({ status: 'unknown', final: false, attempt: 1 });
    expect(await nextLook()).not.toBeNull();
    await store.records.change(id, ({ doc }) => {
      const { askedAnew } = doc;
      if (askedAnew === undefined) return null;
      return { doc: { ...doc, askedAnew: { ...askedAnew, until: instantOf(Date.now()) } } };
    });
    const doc = await look();
    expect(doc).toMatchObject({ status: 'succeeded', final: true, attempt: 1 });
    expect(doc).not.toHaveProperty('askedAnew');
    expect(await nextLook()).toBeNull();
  });

  it('is stopped by its platform', async () => {
    await lose(true);
    const { record } = await writes.cancel(id, { force: false, cascade: false });
    expect(record.doc).toMatchObject({ status: 'cancelling', final: false });
    expect(told).toEqual(['1']);
    expect(await look()).toMatchObject({ status: 'cancelling', attempt: 2 });
  });

  it('has an owner, though its process ends while it waits', async () => {
    shown = run('succeeded');
    await put({ mark: 'm', outcome: 'applied' });
    const hangs = new Promise<boolean>(() => undefined);
    const asked = new Promise<void>((resolve) => {
      parts.restart = {
        restart: () => {
          shown = run('running');
          resolve();
          return hangs;
        },
      };
    });
    void writes.restart(id, begin);
    await asked;
    expect(await nextLook()).toBeLessThanOrEqual(mostMs);
    expect(await look()).toMatchObject({ status: 'running', final: false, attempt: 2 });
  });
});

describe('a run whose platform is faster than its answer', () => {
  it('has begun anew once, as it was seen meanwhile', async () => {
    shown = run('succeeded');
    await put({ mark: 'm', outcome: 'applied' });
    parts.restart = {
      restart: async () => {
        shown = run('running');
        await lookNow();
        return true;
      },
    };
    const { record } = await writes.restart(id, begin);
    expect(record.doc).toMatchObject({ status: 'running', final: false, attempt: 2 });
  });

  it('has begun anew once, and is stopped, as somebody has asked for meanwhile', async () => {
    shown = run('succeeded');
    await put({ mark: 'm', outcome: 'applied' });
    parts.cancel = { cancel: () => Promise.resolve(true) };
    parts.restart = {
      restart: async () => {
        await writes.cancel(id, { force: true, cascade: false });
        return true;
      },
    };
    const { record } = await writes.restart(id, begin);
    expect(record.doc).toMatchObject({ status: 'cancelling', final: false, attempt: 2 });
    shown = run('running');
    await lookNow();
    expect((await store.records.read(id))?.doc).toMatchObject({ status: 'cancelling', attempt: 2 });
  });

  it('has gone on and ended, and stays so', async () => {
    shown = run('suspended');
    await put({ mark: 'm', outcome: 'applied', status: 'suspended', final: false });
    parts.resume = {
      resume: async () => {
        shown = run('succeeded');
        await lookNow();
        return true;
      },
    };
    const { record } = await writes.resume(id, 'go', {}, begin);
    expect(record.doc).toMatchObject({ status: 'succeeded', final: true });
  });
});

describe('a run that had ended', () => {
  it('stays so for who wants it stopped while its platform cannot be asked', async () => {
    await put({ mark: 'm', outcome: 'applied' });
    parts.cancel = { cancel: () => Promise.resolve(true) };
    parts.runs = {
      ...connection.part('runs'),
      get: () => Promise.reject(new UpstreamTimeoutError('It hangs.', { sent: 'maybe' })),
    };
    const { record } = await writes.cancel(id, { force: false, cascade: false });
    expect(record.doc).toMatchObject({ status: 'succeeded', final: true });
  });

  it('stands as before when it is refused to begin anew', async () => {
    await put({ mark: 'm', outcome: 'applied' });
    const before = (await store.records.read(id))?.doc;
    const refusal = new ConflictError('Another one has started it.', { outcome: 'not_sent' });
    for (const answer of [Promise.reject(refusal), Promise.resolve(false)]) {
      parts.restart = { restart: () => answer };
      await expect(writes.restart(id, begin)).rejects.toThrow();
      const { doc } = (await store.records.read(id)) ?? {};
      expect({ ...doc, updatedAt: '' }).toEqual({ ...before, updatedAt: '' });
    }
  });

  it('is stopped where others have let it begin anew', async () => {
    await put({ mark: 'm', outcome: 'applied' });
    let stops = 0;
    parts.cancel = { cancel: () => Promise.resolve((stops += 1) > 0) };
    const options = { force: false, cascade: false };
    expect((await writes.cancel(id, options)).record.doc).toMatchObject({ final: true });
    expect(stops).toBe(0);
    shown = run('running');
    expect((await writes.cancel(id, options)).record.doc).toMatchObject({ status: 'cancelling' });
    expect(stops).toBe(1);
  });
});

describe('a run that was told to go on, and whose answer is lost', () => {
  it('is looked at soon', async () => {
    shown = run('suspended');
    await put({ mark: 'm', outcome: 'applied' });
    await store.polls.plan('erp', id, (await store.records.now()) + mostMs);
    const lost = new UpstreamTimeoutError('No answer came in time.', { sent: 'maybe' });
    parts.resume = { resume: () => Promise.reject(lost) };
    await expect(writes.resume(id, 'go', {}, begin)).rejects.toBe(lost);
    expect(await nextLook()).toBeLessThanOrEqual(2_000);
  });

  it('is looked at often from then on, as it may go on late', async () => {
    shown = run('suspended');
    await put({ mark: 'm', outcome: 'applied', status: 'suspended', final: false });
    const lost = new UpstreamTimeoutError('No answer came in time.', { sent: 'maybe' });
    parts.resume = { resume: () => Promise.reject(lost) };
    await expect(writes.resume(id, 'go', {}, begin)).rejects.toBe(lost);
    await lookNow();
    expect(await nextLook()).toBeLessThanOrEqual(5_000);
  });
});

describe('a platform that was told while Redis goes away', () => {
  const gone = new Error('Connection is closed.');

  /** Redis is gone from the moment on at which the platform is told. */
  function goes(): boolean {
    store.records.change = () => Promise.reject(gone);
    store.records.now = () => Promise.reject(gone);
    return true;
  }

  it.each([
    ['has been stopped', (): Promise<boolean> => Promise.resolve(goes())],
    [
      'could not be stopped',
      (): Promise<boolean> => {
        goes();
        return Promise.reject(new UpstreamRejectedError('Not this one.'));
      },
    ],
  ])('leaves open what the record says of a run that %s', async (_what, cancel) => {
    shown = run('running');
    await put({ mark: 'm', outcome: 'applied', status: 'running', final: false });
    parts.cancel = { cancel };
    await expect(writes.cancel(id, { force: false, cascade: false })).rejects.toMatchObject({
      code: 'store_unavailable',
      details: { outcome: 'unknown' },
    });
  });

  it('has let no run begin anew that it does not know', async () => {
    await put({ mark: 'm', outcome: 'applied' });
    parts.restart = { restart: () => Promise.resolve(!goes()) };
    await expect(writes.restart(id, begin)).rejects.toMatchObject({
      code: 'store_unavailable',
      details: { outcome: 'not_sent' },
    });
  });
});

describe('a run that its platform does not show any more', () => {
  const longAgo = 11 * mostMs;

  async function forgotten(changes: Partial<KeptRun>): Promise<KeptRun | undefined> {
    await put(changes);
    await store.polls.missed('erp', [id], (await store.records.now()) - longAgo);
    parts.runs = { ...connection.part('runs'), getMany: () => shows([], ['1']) };
    await lookNow();
    return (await store.records.read(id))?.doc;
  }

  it('is as it had ended where it was asked to begin anew', async () => {
    const at = instantOf(Date.now() - longAgo);
    const askedAnew = { at, from: 'succeeded', until: at } as const;
    const doc = await forgotten({
      ...{ mark: 'm', outcome: 'applied', status: 'unknown', final: false, askedAnew },
    });
    expect(doc).toMatchObject({ status: 'succeeded', final: true });
    expect(doc?.askedAnew).toBeUndefined();
  });

  it('is not to be stopped any more', async () => {
    const pendingCancel = { force: false, cascade: false, from: 'running' } as const;
    const doc = await forgotten({
      ...{ mark: 'm', outcome: 'applied', status: 'cancelling', final: false },
      ...{ isCancelling: true, pendingCancel },
    });
    expect(doc).toMatchObject({ status: 'unknown', final: true });
    expect(doc).toMatchObject({ isCancelling: false, pendingCancel: null });
  });
});

describe('a start in doubt that is found after all', () => {
  it('has an owner, though a poller was there before that was stored', async () => {
    await put({ status: 'unknown', final: true, outcome: 'unknown' });
    const record = await store.records.read(id);
    if (record === null) throw new Error('it is not there');
    const files = { openFile: () => Promise.reject(new Killed()), removeFiles: begin };
    const kind = runLedger(store, new ConnectionRegistry([connection]), files);
    await kind.beforeConfirmed(record, { nativeId: null });
    await new RunPoller(store, log).poll(connection);
    expect(await nextLook()).toBeGreaterThan(20_000);
  });
});

describe('a run that others have started', () => {
  it('has an owner from the moment on in which it is stored', async () => {
    shown = run('running');
    const { records } = store;
    const create = records.create.bind(records);
    records.create = async (...args) => {
      await create(...args);
      throw new Killed();
    };
    await expect(window.take(connection, shown)).rejects.toThrow(Killed);
    expect(await records.read(id)).not.toBeNull();
    expect(await nextLook()).toBeLessThanOrEqual(mostMs);
  });

  it('has one again when they have let it begin anew', async () => {
    await window.take(connection, shown);
    expect(await nextLook()).toBeNull();
    shown = run('running');
    const { records } = store;
    const change = records.change.bind(records);
    records.change = async (...args) => {
      await change(...args);
      throw new Killed();
    };
    await expect(window.take(connection, shown)).rejects.toThrow(Killed);
    expect((await records.read(id))?.doc).toMatchObject({ final: false, attempt: 2 });
    const next = await nextLook();
    expect(next).not.toBeNull();
    expect(next).toBeLessThanOrEqual(mostMs);
  });
});

describe('a run that has ended', () => {
  it('stays as it is though its cancellation is refused only then', async () => {
    shown = run('running');
    await put({ mark: 'm', status: 'running', final: false, outcome: 'applied' });
    const refusal = new UpstreamRejectedError('It cannot be stopped.', { sent: 'maybe' });
    parts.cancel = {
      cancel: async () => {
        shown = run('succeeded');
        await window.take(connection, shown);
        throw refusal;
      },
    };
    await expect(writes.cancel(id, { force: false, cascade: false })).rejects.toBe(refusal);
    const { doc } = (await store.records.read(id)) ?? {};
    expect(doc).toMatchObject({ status: 'succeeded', final: true });
  });

  it('is kept for thirty days though nobody ever changes it', async () => {
    await window.take(connection, shown);
    const [key = ''] = await redis.client.keys(`${redis.prefix}${test}:run:*{${id}}`);
    expect((await redis.client.pttl(key)) / 86_400_000).toBeCloseTo(30, 1);
  });
});

describe('a cancellation that is refused', () => {
  it.each(['queued', 'suspended'] as const)('leaves the run as it stood: %s', async (status) => {
    shown = run(status);
    await put({ mark: 'm', status, final: false, outcome: 'applied' });
    const refusal = new UpstreamRejectedError('It cannot be stopped.', { sent: 'maybe' });
    parts.cancel = { cancel: () => Promise.reject(refusal) };
    await expect(writes.cancel(id, { force: false, cascade: false })).rejects.toBe(refusal);
    const { doc } = (await store.records.read(id)) ?? {};
    expect(doc).toMatchObject({ status, isCancelling: false, pendingCancel: null });
  });
});

describe('a run in doubt that is settled with a native id', () => {
  const ours = 'erp:r-00000000-0000-7000-8000-000000000001';
  const said = { outcome: 'applied', nativeId: '1', note: 'seen' } as const;

  async function doubted(of: string): Promise<void> {
    const doc = foreign(connection, shown, Date.now());
    const doubt = { status: 'unknown', final: true, outcome: 'unknown', nativeId: null } as const;
    await put({ ...doc, ...doubt, mark: of }, of);
  }

  it('is the only one that is known by it, though a walk was there before', async () => {
    shown = run('running');
    await window.take(connection, shown);
    await doubted(ours);
    await writes.resolve(ours, said);
    expect(await store.records.read(id)).toBeNull();
    const everything = { from: 0, until: Number.MAX_SAFE_INTEGER };
    const places = await store.index.between('erp', everything, 0, 10);
    expect(places.map((place) => place.id)).not.toContain(id);
    expect(await store.index.named('erp', ['1'])).toEqual([ours]);
  });

  it('was started: the contrary is refused, and changes nothing', async () => {
    await doubted(ours);
    const before = await store.records.read(ours);
    const contradiction = { ...said, outcome: 'not_sent' } as const;
    await expect(writes.resolve(ours, contradiction)).rejects.toMatchObject({
      code: 'invalid_request',
      details: { outcome: 'not_sent', errors: [{ at: 'nativeId' }] },
    });
    expect(await store.records.read(ours)).toEqual(before);
    expect(await store.index.named('erp', ['1'])).toEqual([null]);
  });

  it('was started where its platform has taken it, and cannot be said not to have been', async () => {
    await doubted(ours);
    await store.records.change(ours, ({ ledger }) =>
      ledger === null ? null : { ledger: { ...ledger, isTaken: true } },
    );
    const before = await store.records.read(ours);
    const untrue = { outcome: 'not_sent', note: 'not in its list' } as const;
    await expect(writes.resolve(ours, untrue)).rejects.toMatchObject({
      code: 'conflict',
      message: expect.stringContaining('has taken'),
      details: { outcome: 'not_sent', errors: [{ at: 'outcome' }] },
    });
    expect(await store.records.read(ours)).toEqual(before);
    await writes.resolve(ours, { outcome: 'applied', note: 'it is in no list' });
    expect((await store.records.read(ours))?.doc).toMatchObject({
      outcome: 'applied',
      final: true,
    });
  });

  it('cannot take the run of another start', async () => {
    const other = ours.replace(/1$/, '2');
    await put({ mark: 'other', outcome: 'applied' }, other);
    await store.index.name('erp', '1', other);
    await doubted(ours);
    await expect(writes.resolve(ours, said)).rejects.toMatchObject({ code: 'conflict' });
    expect((await store.records.read(ours))?.doc.outcome).toBe('unknown');
  });

  it.each([
    ['of another process', { process: 'payments' }, 'is of another process'],
    ['that began before', { createdAt: instantOf(Date.now() - 600_000) }, 'began before'],
  ])('cannot take a run %s', async (_, changes, message) => {
    await doubted(ours);
    shown = { ...shown, ...changes };
    const before = await store.records.read(ours);
    await expect(writes.resolve(ours, said)).rejects.toMatchObject({
      code: 'conflict',
      details: {
        outcome: 'not_sent',
        errors: [{ at: 'nativeId', message: expect.stringContaining(message) }],
      },
    });
    expect(await store.records.read(ours)).toEqual(before);
    expect(await store.index.named('erp', ['1'])).toEqual([null]);
  });

  it('is not offered runs that other starts are known to have made', async () => {
    const other = ours.replace(/1$/, '2');
    await put({ mark: 'other', outcome: 'applied' }, other);
    await put({}, 'erp:2');
    await store.index.name('erp', '1', other);
    await store.index.name('erp', '2', 'erp:2');
    await doubted(ours);
    const at = (await store.records.now()) - 120_000;
    const sent = { state: 'sent', sentFrom: at, sentUntil: at } as const;
    await store.records.change(ours, ({ ledger }) =>
      ledger === null ? null : { ledger: { ...ledger, ...sent } },
    );
    const candidates = ['1', '2', '3'];
    const undecided = { state: 'undecided', why: 'Three began.', candidates } as const;
    const files = { openFile: () => Promise.reject(new Killed()), removeFiles: begin };
    const kind = runLedger(store, new ConnectionRegistry([connection]), files);
    const write = (): CertainWrite<StartReceipt> => ({
      repeatable: false,
      timeoutMs: 1_000,
      showsWithinMs: 1_000,
      uploadMs: () => 0,
      send: () => Promise.reject(new Killed()),
      reconcile: () => Promise.resolve(undecided),
    });
    const ledger = new Ledger({ ...kind, write }, log);
    await ledger.advance(ours);
    const first = await store.records.read(ours);
    expect(first?.doc.evidence).toMatchObject({
      candidates: ['erp:2', 'erp:3'],
      detail: 'Three began. 1 of them came of other starts.',
    });
    // Looked at again, it is told anew only when there is something new to say.
    await ledger.advance(ours);
    expect((await store.records.read(ours))?.revision).toBe(first?.revision);
    await store.index.name('erp', '2', other);
    await ledger.advance(ours);
    const { finishedAt, evidence } = (await store.records.read(ours))?.doc ?? {};
    expect(finishedAt).toBe(first?.doc.finishedAt);
    expect(evidence).toMatchObject({
      candidates: ['erp:3'],
      detail: 'Three began. 2 of them came of other starts.',
    });
  });

  it('takes the run with its mark, whatever else that shows', async () => {
    await doubted(ours);
    shown = { ...shown, process: 'payments', mark: ours };
    await writes.resolve(ours, said);
    expect((await store.records.read(ours))?.doc.nativeId).toBe('1');
  });
});
