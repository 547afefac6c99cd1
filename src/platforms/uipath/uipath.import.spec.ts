import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { randomBytes } from 'node:crypto';
import { buffer } from 'node:stream/consumers';
import { NotFoundError } from '../../domain/errors.ts';
import { compareNugetVersions } from './nuget-version.ts';
import { nuspecText, packageOf, zipOf } from './nupkg.testing.ts';
import { notSent, refusal } from './uipath.changes.testing.ts';
import { ImportedUipath, otherPackageOf, told, upload } from './uipath.imports.testing.ts';

const uipath = new ImportedUipath();

describe('a file for UiPath', () => {
  test('is looked into without a call, and what is kept of it is small', async () => {
    const bytes = zipOf([
      {
        name: 'Big.nuspec',
        content: nuspecText('Zahlläufe.Big', '1.0', 'Big & more').replace('&', '&amp;'),
      },
      { name: 'content', content: Buffer.alloc(3_000_000, 'ab'), method: 0 },
    ]);
    const file = await uipath.file(bytes);
    expect(file.items).toEqual([
      { process: 'Zahll%C3%A4ufe.Big', name: 'Big & more', version: '1.0' },
    ]);
    const evidence = uipath.part().prepare({ files: [file], onConflict: 'error' });
    expect(JSON.stringify(evidence).length).toBeLessThan(700);
    expect(uipath.asked.exchanges).toEqual([]);
  });

  test('says what it has to be, and what can be done about conflicts', () => {
    const { modes, fileKind, mostBytes, repeatable } = uipath.part();
    expect([modes, fileKind, mostBytes, repeatable]).toEqual([
      ['error', 'use-existing'],
      'a NuGet package (.nupkg)',
      null,
      true,
    ]);
  });

  test.each<readonly [string, Buffer, string]>([
    ['is none', Buffer.from('{"Processes": []}'), 'file'],
    ['has a name that leads elsewhere', zipOf([{ name: '../A.nuspec' }]), '../A.nuspec'],
    [
      'has no version',
      zipOf([{ name: 'A.nuspec', content: nuspecText('A', 'x') }]),
      'A.nuspec: metadata.version',
    ],
  ])('that %s is refused, naming the place', async (_name, bytes, at) => {
    const inspected = uipath.part().inspect(uipath.stored(bytes), uipath.signal());
    const error = await refusal(inspected);
    expect(error).toMatchObject({
      code: 'invalid_file',
      details: { ...notSent, sent: 'no', errors: [{ at, message: expect.any(String) }] },
    });
    expect(String(error)).toContain(`The file is no package that can be imported: ${at}`);
  });

  test('as exports of several packages give it is refused with what to do', async () => {
    const items = ['SmokeTest', 'PaymentRun'].map((key) => ({ key, version: null }));
    const { content } = await uipath.asked.part('export').export(items, uipath.signal());
    const file = uipath.stored(await buffer(content));
    expect(await refusal(uipath.part().inspect(file, uipath.signal()))).toMatchObject({
      code: 'invalid_file',
      details: { errors: [{ at: 'SmokeTest.1.0.0.nupkg' }] },
    });
  });
});

describe('an import into UiPath', () => {
  test('of a new package makes a process, by one request', async () => {
    const seen = await uipath.planned('error', packageOf('Brand.New', '1.0'));
    const item = {
      process: 'Brand.New',
      name: 'Brand.New',
      version: '1.0',
      versionId: null,
      deployment: null,
      effect: 'created',
      problem: null,
    };
    expect(seen.items).toEqual([item]);
    expect(uipath.uploads()).toBe(0);
    expect(await uipath.send(seen)).toEqual({ items: [{ ...item, versionId: 'Brand.New:1.0' }] });
    expect(uipath.effects()).toEqual(['Brand.New:1.0']);
    const [version] = await uipath.versions('Brand.New');
    expect(version).toMatchObject({ version: '1.0', versionId: 'Brand.New:1.0' });
  });

  test('sends the very bytes, and says how many', async () => {
    const bytes = packageOf('Brand.New', '1.0.0', randomBytes(100_000).toString('hex'));
    await uipath.send(await uipath.planned('error', bytes));
    const [sent] = uipath.asked.asked(upload);
    expect(sent?.requestHeaders['content-length']).toBe(String(sent?.requestBody?.length));
    expect(sent?.requestHeaders['transfer-encoding']).toBeUndefined();
    expect(sent?.requestBody?.includes('filename="Brand.New.1.0.0.nupkg"')).toBe(true);
    const packages = uipath.asked.part('packages');
    const file = await packages.download('Brand.New', '1.0.0', uipath.signal());
    if (file === null) throw new Error('it is not there');
    expect((await buffer(file.content)).equals(bytes)).toBe(true);
  });

  test('of a version of a known package makes a version of it, however its id is written', async () => {
    const seen = await uipath.planned('error', packageOf('smokeTEST', '1.10.0'));
    expect(seen.items).toMatchObject([
      { process: 'SmokeTest', name: 'Smoke test', version: '1.10.0', effect: 'new_version' },
    ]);
    const { items } = await uipath.send(seen);
    expect(items).toEqual([{ ...seen.items[0], versionId: 'SmokeTest:1.10.0' }]);
    expect(
      (await uipath.versions('SmokeTest')).map(({ version, versionId }) => [version, versionId]),
    ).toEqual([
      ['1.10.0', 'SmokeTest:1.10.0'],
      ['1.0.0', 'SmokeTest:1.0.0'],
    ]);
  });

  test.each(['1.0.0', '1.0', '1.0.0.0', '1.0.0+build.7'])(
    'of the version that stands, written as %s, is a conflict, or keeps it',
    async (version) => {
      const bytes = otherPackageOf('SmokeTest', version);
      const stands = { process: 'SmokeTest', version: '1.0.0', versionId: 'SmokeTest:1.0.0' };
      const refused = await uipath.planned('error', bytes);
      expect(refused.items).toMatchObject([{ ...stands, effect: 'conflict', problem: null }]);
      const seen = await uipath.planned('use-existing', bytes);
      expect(seen.items).toMatchObject([{ ...stands, effect: 'kept', problem: null }]);
      expect(await uipath.send(seen)).toEqual({ items: seen.items });
      expect(await uipath.look(seen)).toEqual({ state: 'applied', receipt: { items: seen.items } });
      expect(uipath.uploads()).toBe(0);
    },
  );

  test('goes into the folder’s own feed, where that is where packages are', async () => {
    const settings = { folder: { path: 'Büro Österreich' }, feed: 'folder' } as const;
    const evidence = await uipath.prepared('error', packageOf('SmokeTest', '1.0.0'));
    const seen = await uipath.observed(evidence, settings);
    expect(told(seen.items)).toEqual(['SmokeTest 1.0.0: created']);
    await uipath.send(seen, { settings });
    expect(uipath.asked.asked(upload)[0]?.url).toMatch(/UploadPackage\?feedId=[0-9a-f-]{36}$/);
    expect(uipath.effects()).toHaveLength(1);
  });

  test('of several packages is a request each, in their order', async () => {
    const seen = await uipath.planned(
      'use-existing',
      packageOf('New.One', '1.0.0'),
      packageOf('SmokeTest', '1.0.0'),
      packageOf('new.one', '1.1.0'),
      packageOf('New.ONE', '1.1'),
    );
    const effects = [
      'New.One 1.0.0: created',
      'SmokeTest 1.0.0: kept',
      'New.One 1.1.0: new_version',
      'New.One 1.1.0: kept',
    ];
    expect(told(seen.items)).toEqual(effects);
    expect(told((await uipath.send(seen)).items)).toEqual(effects);
    expect(uipath.uploads()).toBe(2);
    expect((await uipath.versions('New.One')).map(({ version }) => version)).toEqual([
      '1.1.0',
      '1.0.0',
    ]);
  });

  test('of several of which one is a conflict would send none', async () => {
    const seen = await uipath.planned(
      'error',
      packageOf('New.One', '1.0.0'),
      packageOf('SmokeTest', '1.0.0'),
    );
    expect(told(seen.items)).toEqual(['New.One 1.0.0: created', 'SmokeTest 1.0.0: conflict']);
    await uipath.send(seen);
    expect(uipath.uploads()).toBe(0);
  });

  test('may take as long as its connection lets imports take, and a look at it less', async () => {
    const part = uipath.part({ importTimeout: 900_000, timeout: 10_000 });
    expect([part.timeoutMs, part.lookMs]).toEqual([900_000, 300_000]);
    const short = uipath.part({ importTimeout: 5_000, timeout: 10_000 });
    expect([short.timeoutMs, short.lookMs]).toEqual([5_000, 30_000]);
    const one = await uipath.planned('error', packageOf('New.One', '1.0.0'));
    const two = await uipath.planned(
      'error',
      packageOf('New.One', '1.0.0'),
      packageOf('New.Two', '1.0.0'),
    );
    expect([part.spanMs?.(one.evidence), part.spanMs?.(two.evidence)]).toEqual([60_000, 900_000]);
  });
});

describe('what an import into UiPath was held against', () => {
  const bytes = packageOf('SmokeTest', '2.0.0');

  test('is the same as long as nothing has changed that it depends on', async () => {
    const first = await uipath.planned('error', bytes);
    await uipath.others(packageOf('SmokeTest', '3.0.0'));
    await uipath.others(packageOf('Unrelated', '2.0.0'));
    const again = await uipath.observed(first.evidence);
    expect(again.basis).toEqual(first.basis);
    expect(again.items).toEqual(first.items);
    expect(JSON.stringify(first.basis).length).toBeLessThan(200);
  });

  test.each([
    ['the version stands now', 'SmokeTest', '2.0'],
    ['the package stands now', 'New.One', '9.0.0'],
  ])('is another one where %s', async (_name, id, version) => {
    const evidence = await uipath.prepared('use-existing', bytes, packageOf('New.One', '1.0.0'));
    const before = await uipath.observed(evidence);
    await uipath.others(packageOf(id, version));
    const after = await uipath.observed(before.evidence);
    expect(after.basis).not.toEqual(before.basis);
    expect(after.items).not.toEqual(before.items);
  });
});

describe('an import that cannot be sent', () => {
  test('as its file is gone was not sent', async () => {
    const seen = await uipath.planned('error', packageOf('New.One', '1.0.0'));
    const openFile = () => Promise.reject(new NotFoundError('There is no such file.'));
    expect(await refusal(uipath.send(seen, { openFile }))).toMatchObject({
      code: 'not_found',
      details: { sent: 'no' },
    });
    expect(uipath.uploads()).toBe(0);
  });

  test('as its time is over was not sent, and lets go of its file', async () => {
    const seen = await uipath.planned('error', packageOf('New.One', '1.0.0'));
    const permit = () => {
      throw new NotFoundError('Its time is over.', { sent: 'no' });
    };
    await expect(uipath.send(seen, { permit })).rejects.toMatchObject({ details: { sent: 'no' } });
    expect(uipath.uploads()).toBe(0);
  });

  test('by evidence that nobody knows was not sent', async () => {
    const nonsense = { evidence: { items: [], steps: [{ item: 0, order: {} }] } };
    await expect(uipath.send(nonsense)).rejects.toMatchObject({
      code: 'internal',
      details: { sent: 'no' },
    });
  });
});

describe('a plan', () => {
  const ids = ['SmokeTest', 'smoketest', 'CreditCheck', 'Fresh', 'fresh', 'Früh.Start'];
  const versions = [
    '1',
    '1.0.0',
    '1.0.0.0',
    '1.9.0',
    '1.10.0',
    '2.0.0-RC.1',
    '2.0.0-rc.1',
    '3.0.0+a',
  ];
  const anyPackage = fc.record({
    id: fc.constantFrom(...ids),
    version: fc.constantFrom(...versions),
    wide: fc.boolean(),
    content: fc.string({ maxLength: 20 }),
  });

  const twoModes = ['error', 'use-existing'] as const;
  test.each(twoModes)(
    'in mode %s is what happens, whatever packages come',
    async (onConflict) => {
      await fc.assert(
        fc.asyncProperty(fc.array(anyPackage, { minLength: 1, maxLength: 4 }), async (packages) => {
          uipath.asked.sandbox.reset();
          const files = packages.map(({ id, version, wide, content }) => {
            const text = nuspecText(id, `<![CDATA[${version}]]><!-- ${version} -->`);
            const manifest = wide
              ? Buffer.from(`\ufeff${text.replace('utf-8', 'utf-16')}`, 'utf16le')
              : text;
            return zipOf([
              { name: `${id}.nuspec`, content: manifest },
              { name: 'flow', content },
            ]);
          });
          const seen = await uipath.planned(onConflict, ...files);
          const before = await standing();
          const { items } = await uipath.send(seen);
          const isRefused = seen.items.some(({ effect }) => effect === 'conflict');
          expect(told(items)).toEqual(told(seen.items));
          const made = items.filter(({ effect }) => ['created', 'new_version'].includes(effect));
          const gained = (await standing()).filter((each) => !before.includes(each));
          if (isRefused) expect(gained).toEqual([]);
          else expect(gained.sort()).toEqual(made.map(({ versionId }) => String(versionId)).sort());
          for (const item of isRefused ? [] : items) {
            const stands = await uipath.versions(item.process);
            expect(stands.filter(({ version }) => version === item.version)).toHaveLength(1);
            const isNew = !before.some((each) =>
              each.toLowerCase().startsWith(`${item.process.toLowerCase()}:`),
            );
            if (item.effect === 'created') expect(isNew).toBe(true);
          }
          const look = await uipath.look(seen);
          if (!isRefused) expect(look).toMatchObject({ state: 'applied' });
        }),
        { numRuns: 50 },
      );
    },
    240_000,
  );

  /** `Id:Version` of everything that any of those packages has. */
  async function standing(): Promise<string[]> {
    const lists = await Promise.all(
      ['SmokeTest', 'CreditCheck', 'Fresh', 'Fr%C3%BCh.Start'].map((key) => uipath.versions(key)),
    );
    return lists.flat().map(({ versionId }) => String(versionId));
  }

  test('of a version counts what NuGet takes for the same', () => {
    expect(compareNugetVersions('2.0.0-RC.1', '2.0.0-rc.1')).toBe(0);
  });
});
