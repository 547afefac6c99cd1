import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { GatewayError, UpstreamContractError } from '../../domain/errors.ts';
import { decodeKey, encodeKey } from '../../domain/ids.ts';
import { checked } from '../../upstream/body.ts';
import { toListedProcess, toProcessDetail, toVersion, toVersions } from './odsl.mapper.ts';
import { processListWire, processWire, versionListWire } from './odsl.wire.ts';

const item = { _id: 'ECB_FX', _type: 'VarProcess', _version: 3, name: 'ECB rates', enabled: true };
const listed = (changes: object): ReturnType<typeof toListedProcess> =>
  toListedProcess(processWire.parse({ ...item, ...changes }));
const detail = (changes: object): ReturnType<typeof toProcessDetail> =>
  toProcessDetail(processWire.parse({ ...item, ...changes }));
const numbers = (wires: readonly object[]): string[] =>
  toVersions(versionListWire.parse(wires)).map(({ version }) => version);

/** Runs what an answer goes through; only an error of the catalogue may come out of it. */
function map(body: unknown): unknown {
  const broken = (problem: string): UpstreamContractError => new UpstreamContractError(problem);
  const shapes = [
    () => checked(processListWire, body, broken).map(toListedProcess),
    () => {
      const wire = checked(processWire, body, broken);
      return [toProcessDetail(wire), toVersion(wire, '1', null)];
    },
    () => toVersions(checked(versionListWire, body, broken)),
  ];
  return shapes.map((shape) => {
    try {
      return shape();
    } catch (error) {
      if (error instanceof GatewayError) return error.code;
      throw error;
    }
  });
}

describe('mapping of OpenDataDSL', () => {
  test('any JSON gives records or an error of the catalogue, never a crash', () => {
    const names = ['_id', '_version', '_tag', 'name', 'cron', 'input', 'tags', 'version', 'id'];
    const near = fc.record(
      Object.fromEntries(names.map((name) => [name, fc.jsonValue({ maxDepth: 2 })])),
      { requiredKeys: [] },
    );
    const bodies = fc.oneof(fc.jsonValue(), near, fc.array(near));
    fc.assert(
      fc.property(bodies, (body) => {
        map(body);
      }),
      { numRuns: 500 },
    );
  });

  test('any process that is one has a name, and a key that comes back', () => {
    const texts = fc.option(fc.string({ unit: 'grapheme' }));
    const wires = fc.record({
      _id: fc.string({ unit: 'grapheme', minLength: 1 }),
      name: texts,
      description: texts,
      _version: fc.oneof(fc.integer(), texts),
      input: fc.option(fc.dictionary(fc.string(), fc.jsonValue())),
    });
    fc.assert(
      fc.property(wires, (wire) => {
        const { key, name } = detail(wire);
        expect(name.trim()).not.toBe('');
        expect(encodeKey(decodeKey(key))).toBe(key);
      }),
    );
  });

  test.each([
    [{ name: 'ECB rates' }, 'ECB rates'],
    [{ name: '' }, 'ECB_FX'],
    [{ name: '  ' }, 'ECB_FX'],
    [{ name: null }, 'ECB_FX'],
    [{ _id: ' ', name: '' }, '%20'],
  ])('a process of %j is called %s', (changes, name) => {
    expect(listed(changes).name).toBe(name);
  });

  test.each([
    ['numbers', [{ version: 3 }, { version: 10 }, { version: 2 }], ['10', '3', '2']],
    ['texts', [{ version: '3' }, { version: '10' }, { version: '2' }], ['10', '3', '2']],
    [
      'what is no number, last',
      [{ version: '3' }, { version: '10' }, { version: 'x' }, { version: '2' }, { version: 'a' }],
      ['10', '3', '2', 'x', 'a'],
    ],
    ['each once', [{ version: '3' }, { version: 3 }, { _version: 4 }, {}], ['4', '3']],
  ])('versions come newest first: %s', (_, wires, expected) => {
    expect(numbers(wires)).toEqual(expected);
    expect(numbers(wires.toReversed())).toEqual(expected);
    expect(toVersions(versionListWire.parse(wires)).map(({ isLatest }) => isLatest)).toEqual(
      expected.map((_version, index) => index === 0),
    );
  });

  test('versions are read with and without underscores', () => {
    const plain = { id: 'a', tags: ['PROD'], timestamp: '2026-01-02T03:04:05Z', user: 'li' };
    const stored = { _id: 'a', _tag: ['PROD'], _timestamp: '2026-01-02T03:04:05Z', _user: 'li' };
    for (const wire of [
      { ...plain, version: '3' },
      { ...stored, _version: 3 },
    ]) {
      expect(toVersions(versionListWire.parse([wire]))).toMatchObject([
        {
          version: '3',
          versionId: 'a',
          tags: ['PROD'],
          createdAt: '2026-01-02T03:04:05.000Z',
          createdBy: 'li',
        },
      ]);
    }
  });

  test('words for searching are labels, and never the names of versions', () => {
    const wire = { tags: ['ETL', 'daily'], _tag: ['PROD'] };
    expect(listed(wire).labels).toEqual(['ETL', 'daily']);
    expect(toVersion(processWire.parse({ ...item, ...wire }), '3', '3').tags).toEqual(['PROD']);
    expect(listed({ _tag: ['PROD'] }).labels).toEqual([]);
  });

  test.each(['25 12 ? * MON-FRI *', '12 46 ? * * *', '0/15 * * * ? * EU1', ' 30 06 ? * 1#1 * '])(
    'the schedule %j is passed on letter by letter',
    (cron) => {
      expect(listed({ cron }).schedule).toEqual([
        { expression: cron, dialect: 'odsl-cron', timezone: null, active: true },
      ]);
      expect(listed({ cron, enabled: false }).schedule?.[0]?.active).toBe(false);
      expect(detail({ cron }).configuration?.['cron']).toBe(cron);
    },
  );

  test.each([undefined, null, '', '  '])('the schedule %j is none', (cron) => {
    expect(listed({ cron }).schedule).toBeNull();
  });

  test('the configuration is everything that was saved, in the platform’s own words', () => {
    const saved = {
      _type: 'VarProcess',
      service: 'ETL',
      workflow: '#wf_xml_data_loader',
      input: { url: 'https://data.example.com/x.xml', days: [1, 2] },
      properties: { owner: 'Finance' },
      settings: { retries: 3 },
      environment: 'production',
      processType: 'Lungo',
      somethingNew: { a: null },
    };
    const added = { _oid: 'o', _timestamp: '2026-01-02T03:04:05Z', _user: 'li', _tag: ['PROD'] };
    const { configuration, native } = detail({ ...saved, ...added });
    expect(configuration).toEqual({ ...saved, name: 'ECB rates', enabled: true });
    expect(native).toEqual({ ...item, ...saved, ...added });
  });

  test('a list item keeps nothing that grows with the process', () => {
    const { native } = listed({ input: { a: 1 }, properties: {}, settings: {}, image: 'x' });
    expect(native).toEqual(item);
  });

  test('what is stored as input are defaults of a run', () => {
    const input = { url: 'x', batchSize: 100, dryRun: false, days: [1], none: null, at: { a: 1 } };
    expect(detail({ input }).inputSchema).toEqual({
      type: 'object',
      properties: {
        url: { type: 'string', default: 'x' },
        batchSize: { type: 'number', default: 100 },
        dryRun: { type: 'boolean', default: false },
        days: { type: 'array', default: [1] },
        none: {},
        at: { type: 'object', default: { a: 1 } },
      },
    });
    expect(detail({}).inputSchema).toBeNull();
  });
});
