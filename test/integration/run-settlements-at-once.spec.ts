import { beforeEach, describe, expect, it } from '@jest/globals';
import { ConnectionRegistry } from '../../src/connections/connection-registry.ts';
import { UpstreamUnavailableError } from '../../src/domain/errors.ts';
import type { StartReceipt } from '../../src/domain/run.ts';
import type { CertainWrite, Reconciliation } from '../../src/domain/write.ts';
import { Ledger } from '../../src/ledger/ledger.ts';
import { runLedger } from '../../src/runs/run-ledger.ts';
import type { ResolveRunDto } from '../../src/runs/control/run-writes.dto.ts';
import { eventually } from '../support/eventually.ts';
import { silent } from '../support/ledger.ts';
import { begin, Killed, RunStage, youngRun } from '../support/run-stage.ts';

const stage = new RunStage();
const ours = 'erp:r-00000000-0000-7000-8000-000000000001';
const ann = { outcome: 'applied', nativeId: '1', note: 'Ann saw it' } as const;
const bob = { outcome: 'applied', nativeId: '2', note: 'Bob saw it' } as const;
const carl = { outcome: 'not_sent', note: 'Carl saw nothing' } as const;

beforeEach(async () => {
  stage.shown = youngRun('running');
  const get = (nativeId: string): Promise<typeof stage.shown> =>
    Promise.resolve({ ...stage.shown, nativeId });
  stage.parts.runs = { ...stage.connection.part('runs'), get };
  const doubt = { status: 'unknown', final: true, outcome: 'unknown', nativeId: null } as const;
  await stage.put({ ...doubt, mark: ours }, ours);
});

const resolve = (said: ResolveRunDto): Promise<unknown> => stage.writes.resolve(ours, said);

/** What a person gets whose word comes while another's is being written down. */
async function atOnce(first: ResolveRunDto, second: ResolveRunDto): Promise<unknown> {
  const { records } = stage.store;
  const change = records.change.bind(records);
  records.change = async (...args) => {
    records.change = change;
    await resolve(first);
    return change(...args);
  };
  return resolve(second);
}

async function listed(): Promise<string[]> {
  const everything = { from: 0, until: Number.MAX_SAFE_INTEGER };
  const places = await stage.store.index.between('erp', everything, 0, 20);
  return places.map(({ id }) => id);
}

/** The ledger, which finds out the same while a person is asked. */
function ledgerThat(finds: () => Promise<Reconciliation<StartReceipt>>): Promise<unknown> {
  const files = { openFile: () => Promise.reject(new Killed()), removeFiles: begin };
  const kind = runLedger(
    stage.store,
    new ConnectionRegistry([stage.connection]),
    files,
    stage.audit,
  );
  const write = (): CertainWrite<StartReceipt> => ({
    repeatable: false,
    timeoutMs: 1_000,
    showsWithinMs: 1_000,
    uploadMs: () => 0,
    send: () => Promise.reject(new Killed()),
    reconcile: finds,
  });
  return new Ledger({ ...kind, write }, silent).advance(ours);
}

describe('two people who settle a start at once', () => {
  it('are not both told that it is as they say, and only one native id means it', async () => {
    await expect(atOnce(ann, bob)).rejects.toMatchObject({
      code: 'conflict',
      details: { outcome: 'applied' },
    });
    const doc = await stage.doc(ours);
    expect([doc?.nativeId, doc?.settlement?.note]).toEqual(['1', 'Ann saw it']);
    expect(await stage.store.index.named('erp', ['1', '2'])).toEqual([ours, null]);
    await stage.intake.takeListed(stage.connection, [{ ...stage.shown, nativeId: '2' }]);
    expect((await stage.doc(ours))?.nativeId).toBe('1');
    expect(await listed()).toContain('erp:2');
  });

  it('are told who was first where one says that nothing was sent', async () => {
    await expect(atOnce(carl, ann)).rejects.toMatchObject({
      code: 'conflict',
      details: { outcome: 'not_sent' },
    });
    expect(await stage.store.index.named('erp', ['1'])).toEqual([null]);
    await stage.intake.takeListed(stage.connection, [{ ...stage.shown, nativeId: '1' }]);
    expect(await listed()).toContain('erp:1');
  });

  it('are both right where they say the very same, be it later', async () => {
    await atOnce(ann, ann);
    await resolve({ ...ann, nativeId: 'erp:1' });
    expect(await stage.doc(ours)).toMatchObject({ nativeId: '1', outcome: 'applied' });
    await expect(resolve({ ...ann, nativeId: '2' })).rejects.toMatchObject({ code: 'conflict' });
    expect(await stage.store.index.named('erp', ['1', '2'])).toEqual([ours, null]);
  });
});

describe('a person and the ledger who settle a start at once', () => {
  const receipt = { nativeId: '2' };
  const found = { state: 'applied', receipt } as const;

  it('do not both name it: what the ledger finds too late is not its run', async () => {
    await ledgerThat(async () => {
      await resolve(ann);
      return found;
    });
    expect(await stage.doc(ours)).toMatchObject({ nativeId: '1', settlement: { note: ann.note } });
    expect(await stage.store.index.named('erp', ['1', '2'])).toEqual([ours, null]);
  });

  it.each([ann, carl])('leave a run of others where it was: $note', async (said) => {
    await stage.intake.takeListed(stage.connection, [{ ...stage.shown, nativeId: '2' }]);
    await ledgerThat(async () => {
      await resolve(said);
      return found;
    });
    expect(await listed()).toContain('erp:2');
    expect(await stage.doc('erp:2')).toMatchObject({ nativeId: '2', status: 'running' });
  });

  it.each([ann, carl])(
    'leave a name that nobody believes, where one is killed: $note',
    async (said) => {
      await stage.store.index.name('erp', '2', ours);
      await resolve(said);
      const before = await stage.doc(ours);
      const told: string[] = [];
      stage.parts.cancel = {
        cancel: ({ nativeId }) => {
          told.push(nativeId);
          return Promise.resolve(true);
        },
      };
      await stage.writes.cancel('erp:2', { force: false, cascade: false });
      expect(told).toEqual(['2']);
      expect(await stage.doc(ours)).toEqual(before);
    },
  );

  it('do not both name it: what the person says too late is refused', async () => {
    const { records } = stage.store;
    const change = records.change.bind(records);
    records.change = async (...args) => {
      records.change = change;
      await ledgerThat(() => Promise.resolve(found));
      return change(...args);
    };
    await expect(resolve(ann)).rejects.toMatchObject({
      code: 'conflict',
      details: { outcome: 'applied' },
    });
    expect(await stage.doc(ours)).toMatchObject({ nativeId: '2', settlement: null });
    expect(await stage.store.index.named('erp', ['1', '2'])).toEqual([null, ours]);
  });
});

describe('a start in doubt that is to be stopped', () => {
  let told: string[];
  beforeEach(() => {
    told = [];
    stage.parts.cancel = {
      cancel: ({ nativeId }) => {
        told.push(nativeId);
        return Promise.resolve(true);
      },
    };
  });

  it('is stopped as soon as it shows', async () => {
    const { record } = await stage.writes.cancel(ours, { force: false, cascade: false });
    expect(record.doc).toMatchObject({ status: 'unknown', final: true, outcome: 'unknown' });
    expect(told).toEqual([]);
    await ledgerThat(() => Promise.resolve({ state: 'applied', receipt: { nativeId: '2' } }));
    expect(await stage.doc(ours)).toMatchObject({ status: 'cancelling', outcome: 'applied' });
    expect(await stage.nextLook()).toBeLessThanOrEqual(2_000);
    await stage.poll();
    await eventually(() => {
      expect(told).toEqual(['2']);
    });
  });

  it('is stopped as soon as a person says which run it is', async () => {
    await stage.writes.cancel(ours, { force: false, cascade: false });
    await resolve(ann);
    expect((await stage.doc(ours))?.status).toBe('cancelling');
  });

  describe('under the other name that its run was listed by', () => {
    const away = new UpstreamUnavailableError('It is away.', { sent: 'no' });
    const shown = (): typeof stage.shown => ({ ...stage.shown, nativeId: '2' });
    const confirm = (): Promise<unknown> =>
      ledgerThat(() => Promise.resolve({ state: 'applied', receipt: { nativeId: '2' } }));
    const stop = (): Promise<unknown> =>
      stage.writes.cancel('erp:2', { force: true, cascade: false });

    beforeEach(async () => {
      await stage.intake.takeListed(stage.connection, [shown()]);
    });

    async function isBeingStopped(): Promise<void> {
      expect(await stage.doc('erp:2')).toBeUndefined();
      expect(await stage.doc(ours)).toMatchObject({
        ...{ nativeId: '2', status: 'cancelling', pendingCancel: { force: true } },
      });
      expect(await stage.nextLook()).toBeLessThanOrEqual(0);
    }

    it('goes on being stopped once that is confirmed', async () => {
      stage.parts.cancel = { cancel: () => Promise.reject(away) };
      await stop();
      await confirm();
      await isBeingStopped();
    });

    it.each([
      ['its start was confirmed', { nativeId: '2', outcome: 'applied', status: 'running' }],
      ['its start was known as never sent', { outcome: 'not_sent', status: 'failed' }],
    ] as const)('goes on being stopped where a walk finds both: %s', async (_, stands) => {
      stage.parts.cancel = { cancel: () => Promise.reject(away) };
      await stop();
      const { index, records } = stage.store;
      await index.name('erp', 'the mark', ours);
      await records.change(ours, ({ doc }) => ({
        doc: { ...doc, ...stands, final: stands.outcome === 'not_sent' },
      }));
      await stage.intake.takeListed(stage.connection, [{ ...shown(), mark: 'the mark' }]);
      await isBeingStopped();
    });

    it('goes on being stopped where that is asked for while the two become one', async () => {
      const { polls, records } = stage.store;
      const drop = polls.drop.bind(polls);
      polls.drop = async (...args) => {
        polls.drop = drop;
        const pendingCancel = { force: true, cascade: false, from: 'running' } as const;
        const asked = { status: 'cancelling', isCancelling: true, pendingCancel } as const;
        await records.change('erp:2', ({ doc }) => ({ doc: { ...doc, ...asked } }));
        return drop(...args);
      };
      await confirm();
      await isBeingStopped();
    });

    it('is stopped where the two are one by then', async () => {
      const { records } = stage.store;
      const change = records.change.bind(records);
      records.change = async (...args) => {
        records.change = change;
        await confirm();
        return change(...args);
      };
      await stop();
      expect(told).toEqual(['2']);
      expect(await stage.doc(ours)).toMatchObject({ nativeId: '2', status: 'cancelling' });
    });
  });
});

describe('runs that may be of a start in doubt', () => {
  it('are listed beside it, so that they stay whatever is said', async () => {
    for (const word of ['r-00000000-0000-7000-8000-000000000001', ours])
      await stage.store.index.name('erp', word, ours);
    const mark = ours;
    const runs = ['1', '2'].map((nativeId) => ({ ...stage.shown, nativeId, mark }));
    await stage.intake.takeListed(stage.connection, runs);
    await resolve(ann);
    expect(await listed()).toContain('erp:2');
    expect(await listed()).not.toContain('erp:1');
    expect(await stage.store.index.named('erp', ['1'])).toEqual([ours]);
  });
});

describe('a settlement whose process ends', () => {
  it('before it stands has changed nothing, and another may be said', async () => {
    const { records } = stage.store;
    const change = records.change.bind(records);
    records.change = () => Promise.reject(new Killed());
    await expect(resolve(ann)).rejects.toThrow();
    records.change = change;
    expect(await stage.store.index.named('erp', ['1'])).toEqual([null]);
    await resolve(bob);
    expect(await stage.store.index.named('erp', ['1', '2'])).toEqual([null, ours]);
  });

  it('once it stands is made known by the ledger, and a walk that was faster is forgotten', async () => {
    const { index } = stage.store;
    const name = index.name.bind(index);
    index.name = () => Promise.reject(new Killed());
    await expect(resolve(ann)).rejects.toMatchObject({ details: { outcome: 'unknown' } });
    index.name = name;
    await stage.intake.takeListed(stage.connection, [{ ...stage.shown, nativeId: '1' }]);
    const soon = (await stage.store.records.now()) + 20_000;
    expect(await stage.store.open.overdue(soon, 10)).toContain(ours);
    expect(await stage.nextLook()).not.toBeNull();
    await ledgerThat(() => Promise.reject(new Killed()));
    expect(await index.named('erp', ['1'])).toEqual([ours]);
    expect(await listed()).not.toContain('erp:1');
  });
});
