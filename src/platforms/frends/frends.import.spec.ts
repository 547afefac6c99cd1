import { describe, expect, test } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import type { ConflictMode } from '../../domain/import.ts';
import type { Native } from '../../domain/native.ts';
import { type Exchange, watchers } from '../../sandbox/kit/sandbox.ts';
import { type Exported, fileOf, ImportingFrends } from './frends.import.testing.ts';

const dunning = 'Dunning letters';
const creditCheck = 'Credit check';

function* broken(): Generator<Buffer> {
  yield Buffer.from('{"Processes":');
  throw new Error('the disk is gone');
}

describe('an import into Frends', () => {
  const frends = new ImportingFrends();

  const effectsOf = async (
    processes: readonly Exported[],
    mode: ConflictMode,
  ): Promise<readonly (readonly [string, string | null])[]> => {
    const { evidence } = await frends.observed(processes, mode);
    const { items } = await frends.sendImport(evidence);
    return items.map(({ effect, version }) => [effect, version]);
  };

  test.each<[ConflictMode, string]>([
    ['error', 'Error'],
    ['use-existing', 'UseExisting'],
    ['new-version', 'NewVersion'],
    ['new-active', 'NewActiveElement'],
    ['new-inactive', 'NewInactiveElement'],
  ])('makes what is not there yet, in mode %s', async (mode, word) => {
    const made = await frends.unknown('Brand new', { Name: 'Brand new' });
    const guid = String(made['UniqueIdentifier']);
    const { items, evidence } = await frends.observed([made], mode);
    const planned = { process: guid, name: 'Brand new', deployment: null, problem: null };
    expect(items).toEqual([{ ...planned, version: null, versionId: null, effect: 'created' }]);
    const sent = await frends.sendImport(evidence);
    const [{ version, versionId } = { version: '', versionId: '' }] = sent.items;
    expect(sent.items).toEqual([{ ...planned, version: '1', versionId, effect: 'created' }]);
    expect(await frends.parts.processes.resolve(String(versionId), frends.signal())).toEqual({
      key: guid,
      version,
    });
    expect(frends.sandbox.ledger()).toMatchObject([{ details: { guid, mode: word } }]);
  });

  test('of one that stands is a conflict in mode error, and nothing is sent', async () => {
    const stands = await frends.exported(dunning);
    const { items, evidence } = await frends.observed(
      [await frends.unknown('New'), stands],
      'error',
    );
    expect(items).toMatchObject([
      { effect: 'created', version: null },
      { effect: 'conflict', process: frends.key(dunning), name: dunning, version: '3' },
    ]);
    const departures = frends.permits;
    await expect(frends.sendImport(evidence)).rejects.toMatchObject({ details: { sent: 'no' } });
    expect([frends.permits - departures, frends.effects()]).toEqual([0, []]);
  });

  test('of what stands asks for nothing in mode use-existing', async () => {
    const file = [await frends.exported(dunning), await frends.exported(creditCheck)];
    const { items, evidence } = await frends.observed(file, 'use-existing');
    expect(items.map(({ effect, version }) => [effect, version])).toEqual([
      ['kept', '3'],
      ['kept', '15'],
    ]);
    const departures = frends.permits;
    expect(await frends.sendImport(evidence)).toEqual({ items });
    expect([frends.permits - departures, frends.effects()]).toEqual([0, []]);
  });

  test('keeps what stands and makes the rest in mode use-existing', async () => {
    const file = [await frends.exported(dunning), await frends.unknown('New')];
    expect(await effectsOf(file, 'use-existing')).toEqual([
      ['kept', '3'],
      ['created', '1'],
    ]);
  });

  test('makes new versions in mode new-version, and says their numbers', async () => {
    const other = await frends.exported(creditCheck, { Bpmn: '<changed/>' });
    const upper = { UniqueIdentifier: frends.key(dunning).toUpperCase() };
    const file = [await frends.exported(dunning, upper), other, await frends.unknown('New')];
    const { items, evidence } = await frends.observed(file, 'new-version');
    expect(items.map(({ effect }) => effect)).toEqual(['new_version', 'new_version', 'created']);
    const sent = await frends.sendImport(evidence);
    expect(sent.items.map(({ effect, version }) => [effect, version])).toEqual([
      ['new_version', '4'],
      ['new_version', '16'],
      ['created', '1'],
    ]);
    expect(frends.made()).toEqual(
      sent.items.map(({ process: guid, version }) => ({ guid, version: Number(version) })),
    );
  });

  test('of one that was deleted makes it, with a number that was never used', async () => {
    const file = [await frends.exported(dunning)];
    const { evidence } = await frends.prepare(frends.parts.deletion, {
      key: frends.key(dunning),
      confirm: 'undeploy',
    });
    await frends.send(frends.parts.deletion, evidence);
    expect(await effectsOf(file, 'error')).toEqual([['created', '4']]);
  });

  test.each<[ConflictMode, boolean]>([
    ['new-active', true],
    ['new-inactive', false],
  ])('of what stands makes a further process in mode %s', async (mode, isActive) => {
    const file = [await frends.exported(dunning), await frends.exported(creditCheck)];
    const { items, evidence } = await frends.observed(file, mode);
    expect(items).toMatchObject([
      { process: frends.key(dunning), effect: 'created', version: null },
      { process: frends.key(creditCheck), effect: 'created', version: null },
    ]);
    const sent = await frends.sendImport(evidence);
    expect(sent.items.map(({ process: guid }) => ({ guid, version: 1 }))).toEqual(frends.made());
    expect(sent.items).toMatchObject([
      { name: dunning, effect: 'created', version: '1', problem: null },
      { name: creditCheck, effect: 'created', version: '1', problem: null },
    ]);
    const [first = ''] = sent.items.map(({ process }) => process);
    expect(first).not.toBe(frends.key(dunning));
    const deployments = await frends.parts.deployments.list(first, frends.signal());
    expect(deployments?.map(({ triggersActive }) => triggersActive)).toEqual([isActive]);
  });

  test.each([
    ['one name', 'Same', 'Same'],
    ['long names that begin alike', `${'n'.repeat(300)} 1`, `${'n'.repeat(300)} 2`],
  ])('tells new processes of %s apart by what they do', async (_, one, another) => {
    const file = [
      await frends.exported(dunning, { Name: one }),
      await frends.exported(creditCheck, { Name: another, Bpmn: '<other/>' }),
    ];
    const { evidence } = await frends.observed(file, 'new-inactive');
    const { items } = await frends.sendImport(evidence);
    expect(items.map(({ process: guid }) => ({ guid, version: 1 }))).toEqual(frends.made());
  });

  test('says so where new processes cannot be told apart', async () => {
    const undrawn = { Name: 'Same', Bpmn: null };
    const file = [
      await frends.exported(dunning, undrawn),
      await frends.exported(creditCheck, undrawn),
    ];
    const { evidence } = await frends.observed(file, 'new-inactive');
    const { items } = await frends.sendImport(evidence);
    const [first, second] = frends.made();
    for (const item of items) {
      expect(item).toMatchObject({ effect: 'created', version: null, versionId: null });
      expect(item.problem?.detail).toContain(first?.guid);
      expect(item.problem?.detail).toContain(second?.guid);
    }
  });

  test('is one form, the mode before a file that streams', async () => {
    const seen: Exchange[] = [];
    const watch = (_sandbox: string, exchange: Exchange): void => {
      seen.push(exchange);
    };
    const made = await frends.unknown('New');
    const { evidence } = await frends.observed([made], 'error');
    watchers.add(watch);
    await frends.sendImport({
      ...evidence,
      file: { ...(evidence['file'] as Native), name: 'ä"\r\nb.json' },
    });
    watchers.delete(watch);
    const [post, ...more] = seen.filter(({ method }) => method === 'POST');
    expect(more).toEqual([]);
    const { requestHeaders: headers, requestBody: body } = post!;
    expect(headers['content-length']).toBe(String(body?.length));
    expect(headers['transfer-encoding']).toBeUndefined();
    const [, ...parts] = String(body).split(/--gateway-[\da-f-]{36}(?:--)?\r\n/);
    expect(parts).toEqual([
      'Content-Disposition: form-data; name="importConflict"\r\n\r\nError\r\n',
      `Content-Disposition: form-data; name="file"; filename="____b.json"\r\nContent-Type: application/json\r\n\r\n${fileOf([made])}\r\n`,
      '',
    ]);
  });

  test('that the platform refuses as a whole is refused', async () => {
    const bad = await frends.unknown('Bad', { ElementParameters: '["#error no"]' });
    const { evidence } = await frends.observed([bad], 'new-version');
    await expect(frends.sendImport(evidence)).rejects.toMatchObject({
      code: 'upstream_rejected',
      message: expect.stringContaining('CS1029'),
    });
    expect(frends.effects()).toEqual([]);
  });

  test.each<[ConflictMode, string]>([
    ['error', 'created'],
    ['use-existing', 'created'],
    ['new-version', 'new_version'],
    ['new-active', 'created'],
    ['new-inactive', 'created'],
  ])('of which the platform refuses a part says which part, in mode %s', async (mode, effect) => {
    const stays = mode.startsWith('new')
      ? await frends.exported(dunning)
      : await frends.unknown('First');
    const bad = await frends.unknown('Second', { Modifier: null });
    const { evidence } = await frends.observed([stays, bad, await frends.unknown('Third')], mode);
    const { items } = await frends.sendImport(evidence);
    expect(items.map((item) => item.effect)).toEqual([effect, 'failed', 'failed']);
    expect(items[0]).toMatchObject({ process: frends.made()[0]?.guid, problem: null });
    const problem = { code: 'upstream_rejected', detail: expect.stringContaining("'Modifier'") };
    expect(items[1]).toMatchObject({ process: bad['UniqueIdentifier'], version: null, problem });
    expect(frends.made()).toHaveLength(1);
  });

  test('that is refused, with what it met nowhere to be seen, is neither refused nor done', async () => {
    const { evidence } = await frends.observed(
      [await frends.unknown('A', { Modifier: null })],
      'error',
    );
    frends.sandbox.faults.add({
      method: 'GET',
      path: '/processes',
      fault: { kind: 'status', status: 500 },
    });
    await expect(frends.sendImport(evidence)).rejects.toMatchObject({
      code: 'upstream_unavailable',
      message: expect.stringContaining("'Modifier'"),
      details: { sent: 'maybe' },
    });
  });

  test.each([
    ['the same', {}],
    ['another', { ElementParameters: '["theirs"]' }],
  ])('of which somebody else has made %s meanwhile is a conflict', async (_, others) => {
    const raced = await frends.unknown('Raced');
    const { evidence } = await frends.observed([raced], 'error');
    await frends.importElsewhere([{ ...raced, ...others }], 'Error');
    await expect(frends.sendImport(evidence)).rejects.toMatchObject({
      code: 'conflict',
      message: expect.stringContaining('already exists'),
      details: { upstream: { status: 400 } },
    });
  });

  test('that is refused for another reason is no conflict, though somebody else was quicker', async () => {
    const raced = await frends.unknown('Raced');
    const { evidence } = await frends.observed([raced], 'error');
    await frends.importElsewhere([raced], 'Error');
    const detail = "error CS0103: The name 'x' does not exist in the current context";
    frends.sandbox.faults.add({
      path: '/processes/batch-import',
      fault: { kind: 'status', status: 400, body: JSON.stringify({ detail }) },
    });
    await expect(frends.sendImport(evidence)).rejects.toMatchObject({
      code: 'upstream_rejected',
      message: expect.stringContaining(detail),
    });
  });

  test('that was accepted before the digest of its file was kept is sent', async () => {
    const { evidence } = await frends.observed([await frends.unknown('New')], 'error');
    const { sha256, ...file } = evidence['file'] as Exported;
    expect(sha256).toEqual(expect.any(String));
    const { items } = await frends.sendImport({ ...evidence, file });
    expect(items).toMatchObject([{ effect: 'created' }]);
  });

  test('whose effect cannot be looked up has no items, and is found later', async () => {
    const { evidence } = await frends.observed([await frends.exported(dunning)], 'new-version');
    frends.sandbox.faults.add({
      method: 'GET',
      path: '/processes',
      fault: { kind: 'status', status: 500 },
    });
    expect(await frends.sendImport(evidence)).toEqual({ items: [] });
    frends.sandbox.faults.clear();
    expect(await frends.lookAgain(evidence, true)).toMatchObject({
      state: 'applied',
      receipt: { items: [{ effect: 'new_version', version: '4' }] },
    });
  });

  test('whose file cannot be opened has not left', async () => {
    const { evidence } = await frends.observed([await frends.unknown('New')], 'error');
    const openFile = (): Promise<Readable> => Promise.reject(new Error('gone'));
    const sending = frends.sendImport(evidence, { openFile });
    await expect(sending).rejects.toMatchObject({ details: { sent: 'no' } });
    expect(frends.sandbox.requests()).not.toContain('POST /api/v1/processes/batch-import');
  });

  test('that must not leave any more does not, and lets go of its file', async () => {
    const { evidence } = await frends.observed([await frends.unknown('New')], 'error');
    const content = Readable.from([Buffer.from('{}')]);
    const departure = {
      openFile: () => Promise.resolve(content),
      permit: () => {
        throw new Error('too late');
      },
    };
    await expect(frends.sendImport(evidence, departure)).rejects.toThrow('too late');
    expect(content.destroyed).toBe(true);
    expect(frends.sandbox.requests()).not.toContain('POST /api/v1/processes/batch-import');
  });

  test.each<readonly [string, (file: Buffer) => Iterable<Buffer>, boolean | undefined]>([
    ['breaks on its way', broken, undefined],
    ['is shorter than it was', (file) => [file.subarray(0, -1)], false],
    ['is longer than it was', (file) => [file, Buffer.from(' ')], false],
    ['is as long, and another', (file) => [Buffer.from(String(file).replace('New', 'Old'))], false],
  ])('whose file %s was never whole, and is not there', async (_, read, retryable) => {
    const process = await frends.unknown('New');
    const { evidence } = await frends.observed([process], 'error');
    const content = Readable.from(read(Buffer.from(fileOf([process]))));
    const sending = frends.sendImport(evidence, { openFile: () => Promise.resolve(content) });
    await expect(sending).rejects.toMatchObject({
      code: 'store_unavailable',
      details: { sent: 'no', ...(retryable === undefined ? {} : { retryable }) },
    });
    expect(await frends.lookAgain(evidence)).toEqual({ state: 'absent' });
  });

  test('keeps its basis until something changes that it depends on', async () => {
    const file = [await frends.exported(dunning), await frends.unknown('New')];
    const { basis } = await frends.observed(file, 'new-version');
    await frends.importElsewhere([await frends.exported(creditCheck)], 'NewVersion');
    expect((await frends.observed(file, 'new-version')).basis).toEqual(basis);
    await frends.importElsewhere([await frends.exported(dunning)], 'NewVersion');
    expect((await frends.observed(file, 'new-version')).basis).not.toEqual(basis);
  });

  test('keeps little of a file, and nothing that is in it', async () => {
    const secret = `secret-${randomUUID()}`;
    const heavy = {
      Bpmn: `<a>${secret.repeat(10_000)}</a>`,
      ProcessVariablesJson: `[{"Value":"${secret}"}]`,
    };
    const { evidence, basis } = await frends.observed(
      [await frends.unknown('Heavy', heavy)],
      'new-active',
    );
    const kept = JSON.stringify({ evidence, basis });
    expect(kept).not.toContain(secret);
    expect(kept.length).toBeLessThan(2_500);
  });

  test('of more processes than can be asked for one by one is held against the whole list', async () => {
    const template = await frends.unknown('Many');
    const many = Array.from({ length: 60 }, (_, index) => ({
      ...template,
      Name: `Many ${index}`,
      UniqueIdentifier: randomUUID(),
    }));
    const { evidence } = await frends.observed(many, 'error');
    frends.sandbox.forget();
    const { items } = await frends.sendImport(evidence);
    expect(items.map(({ process, version }) => [process, version])).toEqual(
      many.map(({ UniqueIdentifier }) => [UniqueIdentifier, '1']),
    );
    expect(frends.sandbox.requests().length).toBeLessThan(10);
  });

  test('is one file', async () => {
    const { id, name, length, sha256 } = { id: 'a', name: 'a', length: 1, sha256: '' };
    const file = { id, name, length, sha256, items: [], contents: { prints: [] } };
    expect(() => frends.part.prepare({ files: [file, file], onConflict: 'error' })).toThrow(
      expect.objectContaining({ code: 'invalid_request' }),
    );
    expect(frends.part.takesOneFile).toBe(true);
    await expect(frends.part.observe({ file: 1 }, frends.signal())).rejects.toMatchObject({
      code: 'internal',
      details: { sent: 'no' },
    });
  });

  test('may take as long as the connection says, and a look as long as two walks', () => {
    const settings = { importTimeout: '25m', listTimeout: '3m' };
    const part = frends.adapter(frends.sandbox.url, settings).parts.import;
    expect([part?.timeoutMs, part?.lookMs]).toEqual([25 * 60_000, 6 * 60_000]);
  });
});
