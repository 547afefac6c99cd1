import { describe, expect, test } from '@jest/globals';
import type { Native } from '../../domain/native.ts';
import type { StartRequest } from '../../domain/run.ts';
import { refusal } from './uipath.changes.testing.ts';
import { StartedUipath } from './uipath.starts.testing.ts';

describe('starts on UiPath', () => {
  const uipath = new StartedUipath();

  describe('find their deployment', () => {
    test('where there is one', async () => {
      const evidence = await uipath.one();
      expect(evidence).toMatchObject({ release: { name: 'Smoke test', version: '1.0.0' } });
      expect(JSON.stringify(evidence)).not.toContain('uipath.asked.sandbox-token');
      expect(uipath.asked.sandbox.ledger()).toEqual([]);
    });

    test('by its number or its key where there are several, which are named else', async () => {
      await uipath.deployAgain();
      const all = await uipath.deployments();
      expect(all).toHaveLength(2);
      const error = await refusal(uipath.prepared());
      expect(error).toMatchObject({
        code: 'conflict',
        details: { outcome: 'not_sent', platform: 'uipath', members: { deployments: [{}, {}] } },
      });
      for (const { id, name } of all) {
        expect(String(error)).toContain(`${id} (${name}, version 1.0.0)`);
        expect(await uipath.one({ deployment: id })).toMatchObject({ release: { id } });
      }
      const { id = '', nativeIds = {} } = all[1] ?? {};
      const key = nativeIds['key']?.toUpperCase() ?? '';
      expect(await uipath.one({ deployment: key })).toMatchObject({ release: { id } });
    });

    test('or say to deploy first', async () => {
      const error = await refusal(uipath.prepared({ process: 'SharedActivities' }));
      expect(error).toMatchObject({ code: 'conflict', details: { outcome: 'not_sent' } });
      expect(String(error)).toContain('Deploy a version of it there first');
    });

    test('of the version that is named, in whatever spelling', async () => {
      for (const version of ['1.0.0', '1.0', 'latest'])
        expect(await uipath.one({ version })).toMatchObject({ release: { version: '1.0.0' } });
      const behind = await refusal(uipath.prepared({ process: 'PaymentRun', version: 'latest' }));
      expect(behind).toMatchObject({ code: 'conflict', details: { outcome: 'not_sent' } });
      expect(String(behind)).toContain('1.0.7012.11204');
      expect(String(behind)).toContain('1.0.7012.9120');
    });

    test.each([
      [{ process: 'Nothing' }, 'There is no process Nothing.'],
      [{ version: '99.0.0' }, 'SmokeTest has no version 99.0.0.'],
      [{ deployment: '999999' }, 'SmokeTest has no deployment 999999.'],
    ])('or say that there is no such thing: %j', async (changes, message) => {
      const error = await refusal(uipath.prepared(changes));
      expect(error).toMatchObject({ code: 'not_found', details: { outcome: 'not_sent' } });
      expect(String(error)).toContain(message);
    });
  });

  describe('know what the version takes that they run', () => {
    const taking = (name: string): object => ({
      Arguments: { Input: JSON.stringify([{ name, type: 'System.String', required: true }]) },
    });
    const required = (name: string): object => ({
      type: 'object',
      properties: { [name]: { type: 'string' } },
      required: [name],
    });
    /** As it is asked right after it was prepared. */
    async function schemaOf(changes: Partial<StartRequest> = {}): Promise<Native | null> {
      const starts = uipath.starts();
      const [evidence = {}] = await starts.prepare(uipath.request(changes), uipath.signal());
      return starts.inputSchema?.(evidence, uipath.signal()) ?? null;
    }
    function versions(...rows: readonly object[]): void {
      const value = rows.map((row) => ({
        Id: 'SmokeTest',
        MainEntryPointPath: 'Main.xaml',
        ...row,
      }));
      const fault = {
        kind: 'status',
        status: 200,
        body: JSON.stringify({ '@odata.count': value.length, value }),
      } as const;
      uipath.asked.sandbox.faults.add({ path: 'GetProcessVersions', fault });
    }

    test('whatever newer ones take', async () => {
      versions({ Version: '2.0.0', ...taking('in_New') }, { Version: '1.0', ...taking('in_Old') });
      expect(await schemaOf({ input: { a: 1 } })).toEqual(required('in_Old'));
      expect(await schemaOf()).toEqual(required('in_Old'));
    });

    test('where its row does not say so, by another call', async () => {
      versions({ Version: '1.0.0' });
      const body = JSON.stringify(Object.values(taking('in_Asked'))[0]);
      uipath.asked.sandbox.faults.add({
        path: 'GetArguments',
        fault: { kind: 'status', status: 200, body },
      });
      expect(await schemaOf()).toEqual(required('in_Asked'));
      const asked = uipath.asked.exchanges.map(({ url }) => decodeURIComponent(url));
      expect(asked.join()).toContain("GetArguments(key='SmokeTest:1.0.0')");
    });

    test('and that a release has arguments of its own, or begins elsewhere', async () => {
      versions({ Version: '1.0.0', ...taking('in_Text') });
      await uipath.deployAgain({ InputArguments: '{"in_Text":"a"}', EntryPointPath: 'Main.xaml' });
      await uipath.deployAgain({ Name: 'Elsewhere', EntryPointPath: 'Other.xaml' });
      const [, own, elsewhere] = await uipath.deployments();
      const ownId = own?.id ?? '';
      expect(await schemaOf({ deployment: ownId })).toBeNull();
      expect(await schemaOf({ deployment: ownId, input: { a: 1 } })).toEqual(required('in_Text'));
      expect(await schemaOf({ deployment: elsewhere?.id ?? '', input: { a: 1 } })).toBeNull();
    });

    test('or not, where nobody says it', async () => {
      versions({ Version: '2.0.0', ...taking('in_New') });
      expect(await schemaOf({ input: { a: 1 } })).toBeNull();
      uipath.asked.sandbox.faults.clear();
      versions({ Version: '1.0.0' });
      uipath.asked.sandbox.faults.add({
        path: 'GetArguments',
        fault: { kind: 'status', status: 403 },
      });
      expect(await schemaOf({ input: { a: 1 } })).toBeNull();
    });
  });
});
