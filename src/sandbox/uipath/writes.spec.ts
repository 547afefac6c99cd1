import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { type Sandbox, startSandbox } from '../kit/sandbox.ts';
import { writeZip } from '../kit/zip.ts';
import { nupkgOf, nuspecOf, readNupkg } from './nupkg.ts';
import { uipathSandbox } from './uipath.sandbox.ts';
import { type Answer, callsTo, functions } from './uipath.testing.ts';

describe('what can be changed in the UiPath sandbox', () => {
  let sandbox: Sandbox;

  beforeAll(async () => {
    sandbox = await startSandbox(uipathSandbox);
  });
  afterEach(() => {
    sandbox.reset();
  });
  afterAll(() => sandbox.close());

  const { call, get, start } = callsTo(() => sandbox.url);

  describe('packages', () => {
    const upload = (...files: (readonly [string, Buffer])[]): Promise<Answer> => {
      const form = new FormData();
      for (const [name, bytes] of files)
        form.append('file', new Blob([new Uint8Array(bytes)]), name);
      return call('POST', `odata/Processes/${functions}.UploadPackage()`, { body: form });
    };
    const version = (id: string, number: string): Buffer =>
      nupkgOf(
        { id, title: id, packageType: 'Process', feedId: null, versions: [] },
        {
          version: number,
          published: '',
          authors: 'Dana & <Co>',
          description: 'd',
          tags: 'a b',
          releaseNotes: null,
          input: [],
          output: [],
          bytes: null,
        },
      );

    test('are read from their own manifest', async () => {
      expect(readNupkg(version('New.Package', '1.2.3.4'))).toMatchObject({
        id: 'New.Package',
        version: '1.2.3.4',
        authors: 'Dana & <Co>',
      });
      const [item] = (await upload(['whatever.nupkg', version('New.Package', '1.2.3.4')])).rows;
      expect(JSON.parse(String(item?.['Body']))).toMatchObject({
        Id: 'New.Package',
        Version: '1.2.3.4',
      });
      expect(sandbox.ledger().at(-1)).toMatchObject({
        effect: 'package.uploaded',
        details: { id: 'New.Package', version: '1.2.3.4' },
      });
    });

    test('are read however their manifest is written', () => {
      const text = nuspecOf({
        id: 'Größe',
        version: '1',
        title: 'A',
        authors: 'B',
        description: 'C',
        tags: '',
        releaseNotes: null,
      });
      const odd = text
        .replace('<id>', '<!-- <id>No</id> --><id>')
        .replace('A<', '<![CDATA[<A>]]><');
      for (const content of [Buffer.from(odd), Buffer.from(`\ufeff${odd}`, 'utf16le')])
        expect(readNupkg(writeZip([{ name: 'G.nuspec', content }]))).toMatchObject({
          id: 'Größe',
          version: '1',
          title: '<A>',
        });
    });

    test('exist once: the same number in whatever spelling is a conflict', async () => {
      expect((await upload(['a', version('SmokeTest', '1.0')])).status).toBe(409);
      expect((await upload(['a', version('smoketest', '1.0.0.0')])).status).toBe(409);
      const mixed = await upload(
        ['a', version('SmokeTest', '1.0.0')],
        ['b', version('B', '1.0.0')],
      );
      expect(mixed.status).toBe(207);
      expect(mixed.rows.map((row) => row['Status'])).toEqual(['Conflict', 'OK']);
    });

    test('that are none are refused', async () => {
      expect((await upload(['a.nupkg', Buffer.from('not a package')])).status).toBe(400);
      expect((await call('POST', `odata/Processes/${functions}.UploadPackage`)).status).toBe(415);
    });

    test('of which a new version is uploaded have it as their latest, by its number', async () => {
      await upload(['a', version('SmokeTest', '1.10.0')], ['b', version('SmokeTest', '1.9.0')]);
      const [row] = (await get('odata/Processes', { $filter: "Id eq 'SmokeTest'" })).rows;
      expect(row).toMatchObject({ Version: '1.10.0', IsLatestVersion: true, IsActive: false });
    });
  });

  describe('releases', () => {
    const create = (body: object): Promise<Answer> => call('POST', 'odata/Releases', { body });
    const good = { Name: 'Again', ProcessKey: 'SmokeTest', ProcessVersion: '1.0.0' };

    test.each([
      [{ ...good, Name: 'smoke TEST' }, 409, 1001],
      [{ ...good, ProcessVersion: '9.9.9' }, 404, 1002],
      [{ ...good, ProcessKey: 'Nothing' }, 404, 1002],
      [{ ...good, MaxConcurrentJobs: 5 }, 400, 1000],
      [{ Name: 'Again' }, 400, 1000],
    ])('%j is refused with %i and %i', async (body, status, code) => {
      const answer = await create(body);
      expect(answer.status).toBe(status);
      expect(JSON.parse(answer.body)).toMatchObject({ errorCode: code });
    });

    test('that are put lose what the body leaves out', async () => {
      const made = JSON.parse(
        (await create({ ...good, Description: 'd', AutoUpdate: true })).body,
      ) as {
        Id: number;
      };
      const place = `odata/Releases(${made.Id})`;
      await call('PATCH', place, { body: { JobPriority: 'High' } });
      expect(JSON.parse((await get(place)).body)).toMatchObject({ AutoUpdate: true });
      await call('PUT', place, { body: good });
      expect(JSON.parse((await get(place)).body)).toMatchObject({
        Description: null,
        AutoUpdate: false,
        JobPriority: 'Normal',
      });
    });
  });

  describe('jobs', () => {
    test.each([
      [{ InputArguments: { a: 1 } }, 400],
      [{ InputArguments: '{' }, 400],
      [{ InputArguments: JSON.stringify({ a: 'x'.repeat(10_000) }) }, 400],
      [{ NoOfRobots: 1 }, 400],
      [{ Strategy: 'RobotCount' }, 400],
      [{ Strategy: 'Specific', RobotIds: [1] }, 400],
      [{ Strategy: 'JobsCount', JobsCount: 0 }, 400],
      [{ Unknown: 1 }, 400],
      [{ InputFile: '00000000-0000-4000-8000-000000000000' }, 404],
    ])('cannot be started with %j', async (more, status) => {
      expect((await start({ ReleaseName: 'Smoke test', ...more })).status).toBe(status);
      expect(sandbox.ledger()).toEqual([]);
    });

    test('are one per robot or count, each recorded with its reference', async () => {
      const Reference = 'gw-1';
      const two = await start({
        ReleaseName: 'Smoke test',
        Strategy: 'Specific',
        RobotIds: [301, 302],
        Reference,
      });
      expect(two.status).toBe(201);
      expect(two.rows).toHaveLength(2);
      expect(sandbox.ledger().map(({ effect, details }) => [effect, details['reference']])).toEqual(
        [
          ['run.started', Reference],
          ['run.started', Reference],
        ],
      );
      const found = await get('odata/Jobs', { $filter: `Reference eq '${Reference}'` });
      expect(found.rows).toHaveLength(2);
    });
  });
});
