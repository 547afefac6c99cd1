import { describe, expect, test } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { refusal } from './uipath.changes.testing.ts';
import { options, StartedUipath } from './uipath.starts.testing.ts';

const now = (): { from: number; until: number } => ({ from: Date.now(), until: Date.now() });

describe('starts on UiPath', () => {
  const uipath = new StartedUipath();

  describe('whose answer is lost', () => {
    test('are found by their mark, and were never sent twice', async () => {
      const [first = {}, second = {}] = await uipath.prepared({
        options: options({ jobsCount: 2 }),
      });
      const sent = now();
      await uipath.send(second);
      uipath.asked.sandbox.faults.add({ path: 'StartJobs', fault: { kind: 'resetAfterEffect' } });
      expect(await refusal(uipath.send(first))).toMatchObject({
        code: 'upstream_unavailable',
        details: { sent: 'maybe' },
      });
      expect(uipath.started()).toHaveLength(2);
      const found = await uipath.starts({ pageSize: 1 }).reconcile(first, sent, uipath.signal());
      expect(found).toEqual({
        state: 'applied',
        receipt: { nativeId: uipath.started()[1]?.['key'] },
      });
    });

    test('are proved absent where nothing has happened, among others that were started', async () => {
      const evidence = await uipath.one();
      await uipath.send(await uipath.one());
      const fault = { kind: 'status', status: 503 } as const;
      uipath.asked.sandbox.faults.add({ path: 'StartJobs', fault });
      uipath.asked.exchanges = [];
      await refusal(uipath.send(evidence));
      expect(uipath.asked.exchanges).toHaveLength(1);
      const starts = uipath.starts({ pageSize: 1 });
      expect(await starts.reconcile(evidence, now(), uipath.signal())).toEqual({ state: 'absent' });
      expect(starts.repeatable).toBe(true);
      expect(starts.timeoutMs).toBe(10_000);
    });

    test('are not proved by half a read', async () => {
      const evidence = await uipath.one();
      for (const fault of [{ kind: 'status', status: 500 }, { kind: 'truncated' }] as const) {
        uipath.asked.sandbox.faults.clear();
        uipath.asked.sandbox.faults.add({ path: '/odata/Jobs\\?', fault });
        await refusal(uipath.starts().reconcile(evidence, now(), uipath.signal()));
      }
      uipath.asked.sandbox.faults.clear();
      const fault = { kind: 'status', status: 200, body: '{"@odata.count":3,"value":[]}' } as const;
      uipath.asked.sandbox.faults.add({ path: '/odata/Jobs\\?', fault });
      expect(
        await refusal(uipath.starts().reconcile(evidence, now(), uipath.signal())),
      ).toMatchObject({
        code: 'upstream_contract',
      });
    });

    test('stay in doubt where several jobs carry the mark', async () => {
      const evidence = await uipath.one();
      const receipts = [await uipath.send(evidence), await uipath.send(evidence)];
      expect(await uipath.starts().reconcile(evidence, now(), uipath.signal())).toMatchObject({
        state: 'undecided',
        candidates: receipts.map(({ nativeId }) => nativeId),
      });
    });

    test('stay in doubt where the platform shows no marks', async () => {
      const evidence = await uipath.one();
      const body = JSON.stringify({ value: [{ Id: 1, Key: randomUUID(), State: 'Pending' }] });
      const empty = JSON.stringify({ value: [] });
      uipath.asked.sandbox.faults.add({
        path: 'Id\\+gt',
        fault: { kind: 'status', status: 200, body: empty },
      });
      uipath.asked.sandbox.faults.add({
        path: '/odata/Jobs\\?',
        fault: { kind: 'status', status: 200, body },
      });
      expect(await uipath.starts().reconcile(evidence, now(), uipath.signal())).toMatchObject({
        state: 'undecided',
        candidates: [],
      });
    });

    test('are looked for by evidence of their own only', async () => {
      const error = await refusal(uipath.starts().reconcile({ other: 1 }, now(), uipath.signal()));
      expect(error).toMatchObject({ code: 'internal' });
    });
  });
});
