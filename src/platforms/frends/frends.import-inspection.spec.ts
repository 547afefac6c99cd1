import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { Readable } from 'node:stream';
import type { Inspection } from '../../domain/import.ts';
import { inspectExport } from './frends.import-inspection.ts';
import { type Exported, fileOf, packageOf } from './frends.import.testing.ts';

const named = { connection: 'frends-eu', platform: 'frends' };
const [one, two] = ['11111111-2222-4333-8444-555555555555', '66666666-7777-4888-8999-aaaaaaaaaaaa'];
const signal = (): AbortSignal => AbortSignal.timeout(10_000);

function inspect(content: string | Buffer, pieceBytes?: number): Promise<Inspection> {
  return inspectExport(packageOf(content, pieceBytes), named, signal());
}

const process = (members: Exported = {}): Exported => ({
  Name: 'Invoices',
  Version: 3,
  UniqueIdentifier: one,
  Bpmn: '<a/>',
  ElementParameters: '[{"Name":"x"}]',
  ...members,
});

describe('a look into an export file', () => {
  test('finds each process, behind a byte order mark or not', async () => {
    const text = fileOf([process(), process({ UniqueIdentifier: two.toUpperCase(), Name: null })]);
    const found = await inspect(text);
    expect(found.items).toEqual([
      { process: one, name: 'Invoices', version: '3' },
      { process: two, name: null, version: '3' },
    ]);
    expect(await inspect(text.slice(1))).toEqual(found);
  });

  test('finds the same however the file is cut', async () => {
    const json = fc.json({ maxDepth: 4 }).map((text) => JSON.parse(text) as unknown);
    const rest = fc.record({ Bpmn: json, ElementParameters: json, 'Na"me': json, Ünïcode: json });
    await fc.assert(
      fc.asyncProperty(rest, fc.integer({ min: 1, max: 40 }), async (members, size) => {
        const text = fileOf([process(members), process({ ...members, UniqueIdentifier: two })]);
        expect(await inspect(text, size)).toEqual(await inspect(text));
      }),
      { numRuns: 60 },
    );
  });

  test.each([
    ['n'.repeat(200), 'n'.repeat(200)],
    ['n'.repeat(201), 'n'.repeat(200)],
    [`${'n'.repeat(199)}😀`, `${'n'.repeat(199)}\ufffd`],
    ['n'.repeat(5_000), 'n'.repeat(200)],
  ])('keeps no more than the beginning of a name', async (name, kept) => {
    const { items } = await inspect(list(process({ Name: name })));
    expect(items).toMatchObject([{ name: kept }]);
  });

  test('keeps a print that is equal where the content is, whoever wrote it down', async () => {
    const printsOf = async (...members: Exported[]): Promise<unknown> =>
      (await inspect(fileOf(members))).contents['prints'];
    const other = process({ UniqueIdentifier: two, Version: 9, Name: 'Else', Modified: 'now' });
    const { Bpmn, ...undrawn } = process();
    const [print] = (await printsOf(process())) as string[];
    expect(await printsOf(process(), { ...other, Bpmn })).toEqual([print, print]);
    expect(print).toMatch(/^[\w-]{22}$/);
    expect(await printsOf(process({ Bpmn: '<b/>' }))).not.toEqual([print]);
    expect(await printsOf(process({ ElementParameters: '[]' }))).not.toEqual([print]);
    expect(await printsOf(undrawn)).toEqual([null]);
  });

  const list = (...members: unknown[]): string => JSON.stringify({ Processes: members });
  test.each<[string, string | Buffer, string, string]>([
    ['nothing', '', 'byte 0', 'ends before'],
    ['blanks alone', ' \n', 'byte 2', 'ends before'],
    ['no object', '[]', 'file', 'must be an object'],
    ['a number', '12 ', 'file', 'must be an object'],
    ['words', 'Zm9v', 'byte 0', 'is not JSON'],
    ['a ZIP', Buffer.from('PK\x03\x04\x14\x00'), 'byte 0', 'is not JSON'],
    ['a missing comma', '{"Version":"é" "Processes":[]}', 'byte 16', 'is not JSON'],
    ['something behind its end', `${list(process())} {}`, 'byte 161', 'is not JSON'],
    ['a cut list', '{"Processes":[', 'byte 14', 'ends before'],
    ['a cut word', '{"Processes":[{"Name":tru', 'byte 25', 'ends before'],
    ['invalid UTF-8', Buffer.from([0x7b, 0x22, 0xc3, 0x28, 0x22]), 'byte 2', 'is not valid UTF-8'],
    ['UTF-16', Buffer.from(list(process()), 'utf16le'), 'byte 0', 'must be UTF-8'],
    ['no processes', '{"Version":"Acc41"}', 'Processes', 'must be a list'],
    ['an empty list', list(), 'Processes', 'must be a list'],
    ['processes that are no list', '{"Processes":{"a":{}}}', 'Processes', 'must be a list'],
    ['two lists', `{"Processes":[],${list(process()).slice(1)}`, 'Processes', 'must be a list'],
    [
      'templates',
      `{"ProcessTemplates":null,${list(process()).slice(1)}`,
      'ProcessTemplates',
      'must not be',
    ],
    ['templates alone', '{"ProcessTemplates":[{}]}', 'ProcessTemplates', 'must not be'],
    ['another spelling', '{"processes":[]}', 'processes', 'must be spelled Processes'],
    ['a text as process', list(process(), 'x'), 'Processes[1]', 'must be a process'],
    ['no GUID', list({ Name: 'x' }), 'Processes[0].UniqueIdentifier', 'must be a GUID'],
    ['a number as GUID', list({ UniqueIdentifier: 1 }), 'Processes[0].UniqueIdentifier', 'a GUID'],
    ['half a GUID', list({ UniqueIdentifier: '1-2' }), 'Processes[0].UniqueIdentifier', 'a GUID'],
    [
      'the GUID of nothing',
      list(process({ UniqueIdentifier: one.replace(/[^-]/g, '0') })),
      'Processes[0].UniqueIdentifier',
      'a GUID',
    ],
    [
      'a GUID twice',
      list(
        process(),
        process({ UniqueIdentifier: two }),
        process({ UniqueIdentifier: one.toUpperCase() }),
      ),
      'Processes[2].UniqueIdentifier',
      'is that of Processes[0] too',
    ],
    [
      'a member twice',
      list(process()).replace('"Name"', `"UniqueIdentifier":"${two}","Name"`),
      'Processes[0].UniqueIdentifier',
      'stands there twice',
    ],
    [
      'a member in other letters',
      list({ ...process(), uniqueIdentifier: two }),
      'Processes[0].uniqueIdentifier',
      'must be spelled',
    ],
    ['a list as name', list(process({ Name: [] })), 'Processes[0].Name', 'must be a text'],
    ['a text as version', list(process({ Version: '3' })), 'Processes[0].Version', 'whole number'],
    ['half a version', list(process({ Version: 1.5 })), 'Processes[0].Version', 'whole number'],
    [
      'an endless version',
      `{"Processes":[{"Version":${'1'.repeat(5_000)}}]}`,
      'Processes[0].Version',
      'whole number',
    ],
    [
      '201 levels',
      list({ Tags: JSON.parse(`${'['.repeat(198)}${']'.repeat(198)}`) as unknown }),
      'Processes[0].Tags',
      '200 levels',
    ],
    [
      'too many processes',
      list(
        ...Array.from({ length: 1_001 }, (_, index) => ({
          UniqueIdentifier: one.replace(/^.{8}/, String(index).padStart(8, '0')),
        })),
      ),
      'Processes[1000]',
      '1000 processes',
    ],
  ])('that holds %s says where', async (_name, content, at, message) => {
    await expect(inspect(content)).rejects.toMatchObject({
      code: 'invalid_file',
      message: expect.stringContaining(at),
      details: {
        ...named,
        outcome: 'not_sent',
        errors: expect.arrayContaining([{ at, message: expect.stringContaining(message) }]),
      },
    });
  });

  test('that is not JSON says the same byte however it is cut', async () => {
    const text = fileOf([process()]).replace(',"Version"', ';"Version"');
    for (const size of [1, 7, 100, 100_000])
      await expect(inspect(text, size)).rejects.toMatchObject({
        details: { errors: [{ at: `byte ${Buffer.from(text).indexOf(';')}` }] },
      });
  });

  test('tells twenty problems and no more', async () => {
    const error = inspect(list(...Array.from({ length: 500 }, () => 'x')));
    await expect(error).rejects.toMatchObject({ details: { errors: { length: 20 } } });
  });

  test('that cannot be read to its end fails with that, and lets go of the file', async () => {
    const fault = new Error('the disk is gone');
    const content = Readable.from(
      (function* () {
        yield Buffer.from('{"Processes":[');
        throw fault;
      })(),
    );
    const file = { ...packageOf(''), open: () => Promise.resolve(content) };
    await expect(inspectExport(file, named, signal())).rejects.toBe(fault);
    expect(content.destroyed).toBe(true);
  });

  test('that nobody waits for any more ends', async () => {
    const given = new AbortController();
    const content = new Readable({ read: () => undefined });
    const file = { ...packageOf(''), open: () => Promise.resolve(content) };
    const looking = inspectExport(file, named, given.signal);
    given.abort(new Error('gone'));
    await expect(looking).rejects.toThrow('gone');
    expect(content.destroyed).toBe(true);
  });
});
