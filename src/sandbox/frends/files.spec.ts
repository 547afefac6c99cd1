import { describe, expect, test } from '@jest/globals';
import { type Answer, CalledFrends, type Json } from './frends.testing.ts';

const frends = new CalledFrends();

describe('files of the Frends sandbox', () => {
  /** Imports a text as the file of a form. */
  const importFile = (text: string, importConflict?: string): Promise<Answer> => {
    const form = new FormData();
    form.set('file', new Blob([text]), 'processes.json');
    if (importConflict !== undefined) form.set('importConflict', importConflict);
    return frends.api('POST', '/processes/batch-import', form);
  };
  const exported = async (): Promise<string> =>
    (await frends.api('GET', `/processes/${frends.smokeTest.id}/export`)).text;
  const versions = async (guid: string): Promise<Json[]> =>
    (await frends.api('GET', `/processes?processGuid=${guid}`)).body['data'] as Json[];

  test('exports JSON behind a byte order mark, under a name', async () => {
    const answer = await fetch(`${frends.url}/api/v1/processes/${frends.smokeTest.id}/export`, {
      headers: { authorization: 'Bearer sandbox-token' },
    });
    const bytes = Buffer.from(await answer.arrayBuffer());
    expect(bytes.subarray(0, 3).toString('hex')).toBe('efbbbf');
    expect(answer.headers.get('content-disposition')).toContain('Smoke test_1.json');
    const { Processes } = JSON.parse(bytes.toString().slice(1)) as { Processes: Json[] };
    expect(Processes[0]).toMatchObject({
      UniqueIdentifier: frends.smokeTest.guid,
      Name: 'Smoke test',
    });
  });

  test.each([
    ['Error', 400, 1],
    [undefined, 400, 1],
    ['UseExisting', 200, 1],
    ['NewVersion', 200, 2],
    ['NewActiveElement', 200, 1],
    ['NewInactiveElement', 200, 1],
    ['OverwriteExisting', 400, 1],
  ])('imports what exists in mode %s with %i', async (mode, status, count) => {
    const answer = await importFile(await exported(), mode);
    expect(answer.status).toBe(status);
    expect(await versions(frends.smokeTest.guid)).toHaveLength(count);
    if (mode?.startsWith('New') !== true) {
      expect(frends.effects).toEqual([]);
      return;
    }
    const { elementIdentifier, version } = answer.body['data'] as Json;
    expect(elementIdentifier === frends.smokeTest.guid).toBe(mode === 'NewVersion');
    expect(version).toBe(count);
    expect(frends.effects).toEqual(['process.imported']);
    const deployed = await frends.api(
      'GET',
      `/process-deployments?processGuid=${String(elementIdentifier)}&agentGroupId=1`,
    );
    const triggers = (deployed.body['data'] as Json[]).map((each) => each['triggersActive']);
    expect(triggers).toEqual(mode === 'NewVersion' ? [] : [mode === 'NewActiveElement']);
  });

  test.each([
    ['no JSON', () => 'x', 'JSON format'],
    ['templates', () => '{"ProcessTemplates":[]}', 'Process Template'],
    ['no processes', () => '{"Processes":[]}', 'does not contain'],
    [
      'no modifier',
      (text: string) => text.replace(/"Modifier": "[^"]*"/, '"Modifier": null'),
      'Modifier',
    ],
    [
      'a foreign task',
      (text: string) => text.replaceAll(/ProcessTask\/\w/g, 'ProcessTask/0'),
      'no matching element',
    ],
    [
      'code that does not compile',
      (text: string) => text.replace('Fetch smoke', '#error Fetch smoke'),
      'CS1029',
    ],
  ])('refuses a file with %s', async (_name, change, words) => {
    const answer = await importFile(change(await exported()), 'NewVersion');
    expect(answer.status).toBe(400);
    expect(String(answer.body['detail'])).toContain(words);
    expect(frends.effects).toEqual([]);
  });

  test('keeps what came before a refused process of a file', async () => {
    const file = JSON.parse((await exported()).replace(/^\uFEFF/, '')) as { Processes: Json[] };
    const [first] = file.Processes;
    file.Processes.push({ ...first, Modifier: null });
    expect((await importFile(JSON.stringify(file), 'NewVersion')).status).toBe(400);
    expect(await versions(frends.smokeTest.guid)).toHaveLength(2);
  });
});
