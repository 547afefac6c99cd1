import { describe, expect, it, jest } from '@jest/globals';
import { readdirSync } from 'node:fs';
import { Readable } from 'node:stream';
import { UpstreamUnavailableError } from '../../src/domain/errors.ts';
import type { PackageFile } from '../../src/domain/package.ts';
import { cancelling } from '../../src/operations/operation-decision.ts';
import { toOperation } from '../../src/operations/operation.presenter.ts';
import { eventually } from '../support/eventually.ts';
import { ImportStage } from '../support/import-stage.ts';
import { invoices } from '../support/told-import.ts';

jest.setTimeout(40_000);

const stage = new ImportStage();

const packageOf = (content: Readable | string, fileName = 'invoices.1.zip'): PackageFile => ({
  content: typeof content === 'string' ? Readable.from([Buffer.from(content)]) : content,
  fileName,
  mediaType: 'application/zip',
  length: null,
  sha256: null,
});

/** A package that begins to come, and comes to no end before the signal. */
function endless(signal: AbortSignal): PackageFile {
  const content = new Readable({ read: () => undefined, signal });
  content.push(Buffer.from('begun'));
  return packageOf(content);
}

const files = (): string[] => readdirSync(stage.folder);

const ended = (id: string) =>
  eventually(async () => {
    const record = await stage.record(id);
    expect(record.doc.final).toBe(true);
    return toOperation(record);
  });

async function cancel(id: string): Promise<void> {
  const now = await stage.store.records.now();
  await stage.store.records.change(id, cancelling(now));
}

const down = (): Promise<never> =>
  Promise.reject(new UpstreamUnavailableError('Its source is down.', { sent: 'no' }));

describe('a promotion', () => {
  it('keeps no import waiting while it cannot be exported, and joins their line after that', async () => {
    stage.downloads = down;
    const promotion = await stage.promote();
    const other = await stage.accept('other');
    await stage.processor();
    stage.worker();
    expect(await ended(other)).toMatchObject({ outcome: 'applied' });
    await eventually(async () => {
      expect(toOperation(await stage.record(promotion))).toMatchObject({
        phase: 'queued',
        waitingFor: 'Its source is down.',
      });
    });
    stage.downloads = () => Promise.resolve(packageOf('bytes'));
    expect(await ended(promotion)).toMatchObject({ outcome: 'applied', waitingFor: null });
    expect(stage.part.sent).toEqual(['other', 'invoices.1.zip']);
  });

  it('is exported once, however often its target cannot be looked at', async () => {
    const before = files();
    let downloads = 0;
    let looks = 0;
    stage.downloads = () => {
      downloads += 1;
      return Promise.resolve(packageOf('bytes'));
    };
    stage.part.observes = () => {
      looks += 1;
      if (looks < 4) throw new UpstreamUnavailableError('It is down.', { sent: 'no' });
      return { evidence: {}, items: [invoices], basis: {} };
    };
    const promotion = await stage.promote();
    await stage.processor();
    stage.worker();
    expect(await ended(promotion)).toMatchObject({ outcome: 'applied' });
    expect([looks, downloads]).toEqual([4, 1]);
    const { removed } = stage;
    await eventually(() => {
      expect(files().filter((file) => !before.includes(file))).toEqual(removed);
    });
  });

  it('says how many of its versions are here while it is exported, and not after', async () => {
    stage.downloads = (signal) => Promise.resolve(endless(signal));
    const promotion = await stage.promote();
    const exporting = stage.ledger();
    const slow = exporting.advance(promotion);
    await eventually(async () => {
      expect(toOperation(await stage.record(promotion))).toMatchObject({
        phase: 'queued',
        progress: { done: 0, total: 1 },
        waitingFor: 'Its versions are exported first: 0 of 1 are here.',
      });
    });
    expect((await stage.record(promotion)).ledger).toMatchObject({ fetches: 0, lastFailure: null });
    stage.downloads = () => Promise.resolve(packageOf('bytes'));
    expect(await stage.ledger().advance(promotion)).toBe(0);
    expect(await stage.doc(promotion)).toMatchObject({ phase: 'queued', waitingFor: null });
    await exporting.close();
    await slow;
    expect(await stage.doc(promotion)).toMatchObject({ phase: 'queued', waitingFor: null });
  });

  it('that is cancelled while it is exported ends that, and leaves no file', async () => {
    const before = files();
    let told: AbortSignal | null = null;
    stage.downloads = (signal) => {
      told = signal;
      return Promise.resolve(endless(signal));
    };
    const promotion = await stage.promote();
    await stage.processor();
    stage.worker();
    await eventually(() => {
      expect(files().length).toBeGreaterThan(before.length);
    });
    await cancel(promotion);
    await eventually(() => {
      expect([told?.aborted, files()]).toEqual([true, before]);
    });
    expect(await ended(promotion)).toMatchObject({ status: 'cancelled', outcome: 'not_sent' });
    await eventually(async () => {
      expect(await stage.store.open.count()).toBe(0);
    });
    expect(stage.part.sent).toEqual([]);
  });

  it('whose worker is closed while it is exported is exported by the next one', async () => {
    const before = files();
    stage.downloads = (signal) => Promise.resolve(endless(signal));
    const promotion = await stage.promote();
    const closed = await stage.processor();
    await eventually(() => {
      expect(files().length).toBeGreaterThan(before.length);
    });
    closed.beforeApplicationShutdown();
    await closed.onApplicationShutdown();
    expect(files()).toEqual(before);
    expect((await stage.record(promotion)).ledger).toMatchObject({ fetches: 0, lastFailure: null });
    stage.downloads = () => Promise.resolve(packageOf('bytes'));
    await stage.processor();
    stage.worker();
    expect(await ended(promotion)).toMatchObject({ outcome: 'applied' });
  });

  it('that two workers export keeps the files of one of them', async () => {
    const before = files();
    const content = new Readable({ read: () => undefined });
    stage.downloads = () => Promise.resolve(packageOf(content));
    const promotion = await stage.promote();
    const slow = stage.ledger().advance(promotion);
    await eventually(() => {
      expect(files().length).toBeGreaterThan(before.length);
    });
    stage.downloads = () => Promise.resolve(packageOf('bytes'));
    expect(await stage.ledger().advance(promotion)).toBe(0);
    const kept = (await stage.record(promotion)).ledger?.files ?? [];
    content.push(Buffer.from('late'));
    content.push(null);
    await slow;
    expect((await stage.record(promotion)).ledger?.files).toEqual(kept);
    expect(files().sort()).toEqual([...before, ...kept].sort());
  });

  it('that brings more than files may have ends, and leaves no file', async () => {
    const before = files();
    stage.downloads = () => Promise.resolve(packageOf('0'.repeat(1_001)));
    const promotion = await stage.promote();
    await stage.processor();
    expect(await ended(promotion)).toMatchObject({
      outcome: 'not_sent',
      problem: { code: 'too_large' },
    });
    expect(files()).toEqual(before);
  });

  it('is exported though others were cancelled while they waited before it', async () => {
    const before = files();
    stage.downloads = (signal) => Promise.resolve(endless(signal));
    const running = [await stage.promote(), await stage.promote()];
    await stage.processor();
    stage.worker();
    await eventually(() => {
      expect(files()).toHaveLength(before.length + 2);
    });
    const given = [await stage.promote(), await stage.promote()];
    const last = await stage.promote();
    stage.downloads = () => Promise.resolve(packageOf('bytes'));
    for (const id of given) await cancel(id);
    await eventually(async () => {
      expect(await stage.store.open.count()).toBe(3);
    });
    for (const id of running) await cancel(id);
    expect(await ended(last)).toMatchObject({ outcome: 'applied' });
    expect(stage.part.sent).toHaveLength(1);
  });

  it('that waits for its turn keeps no change from being sent, and says what it waits for', async () => {
    stage.downloads = (signal) => Promise.resolve(endless(signal));
    let last = '';
    // More than a worker has in its hands at once.
    for (let at = 0; at < 300; at += 1) last = await stage.promote();
    await stage.processor();
    const change = await stage.change();
    expect(await ended(change)).toMatchObject({ outcome: 'applied' });
    await eventually(async () => {
      expect((await stage.doc(last)).waitingFor).toContain('Too much is being exported');
    });
    // It was none of its tries.
    expect((await stage.record(last)).ledger?.fetches).toBe(0);
  });
});
