import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { Process } from '../../src/domain/process.ts';
import type { Version } from '../../src/domain/version.ts';
import { type Gateway, Stage } from '../support/gateway.ts';
import { get, list, type MergedList } from '../support/http.ts';

jest.setTimeout(30_000);

let stage: Stage;
let gateway: Gateway;
let everything: readonly Process[];

beforeAll(async () => {
  stage = await Stage.open();
  gateway = await stage.gateway();
  everything = (await list(gateway, '?limit=200')).body.data;
});
afterAll(() => stage.close());

/** The ids of the processes for which something holds, in the order of the whole list. */
const idsWhere = (holds: (process: Process) => boolean) =>
  everything.filter(holds).map(({ id }) => id);
const idsOf = async (query: string) =>
  (await list(gateway, `?limit=200&${query}`)).body.data.map(({ id }) => id);

describe('the filters of the list', () => {
  it('looks for text in names, keys and descriptions', async () => {
    const expected = idsWhere(({ name, key, description }) =>
      [name, key, description ?? ''].some((text) => text.toLowerCase().includes('invoice')),
    );
    expect(expected.length).toBeGreaterThan(3);
    expect(await idsOf('q=INVOICE')).toEqual(expected);
    expect(await idsOf('name=invoice')).toEqual(
      idsWhere(({ name }) => name.toLowerCase().includes('invoice')),
    );
  });

  it('finds a key exactly, however it is percent-encoded', async () => {
    const odd = everything.find(({ key }) => key.includes('%'));
    expect(odd).toBeDefined();
    const { key, id } = odd ?? { key: '', id: '' };
    expect(await idsOf(`key=${encodeURIComponent(key)}`)).toEqual([id]);
    expect(await idsOf(`key=${encodeURIComponent(decodeURIComponent(key))}`)).toEqual([id]);
    expect(await idsOf(`key=${encodeURIComponent(key.slice(0, -1))}`)).toEqual([]);
  });

  it('finds a package of UiPath by its key, if it can run or cannot', async () => {
    const own = everything.filter(({ connection }) => connection === 'uipath');
    for (const { id, key, enabled } of own) {
      const asked = `connection=uipath&key=${encodeURIComponent(key)}`;
      expect(await idsOf(asked)).toEqual([id]);
      for (const wanted of [true, false]) {
        const found = await idsOf(`${asked}&enabled=${String(wanted)}`);
        expect([key, wanted, found]).toEqual([key, wanted, enabled === wanted ? [id] : []]);
      }
      expect(await idsOf(`connection=frends&key=${encodeURIComponent(key)}`)).toEqual([]);
    }
    const states = new Set(own.map(({ enabled }) => enabled));
    expect(states).toEqual(new Set([true, false]));
  });

  it('takes labels, platforms and connections as alternatives', async () => {
    const labelled = (...wanted: string[]) =>
      idsWhere(({ labels }) => labels.some((label) => wanted.includes(label)));
    expect(await idsOf('label=people')).toEqual(labelled('people'));
    expect(await idsOf('label=people&label=smoke')).toEqual(labelled('people', 'smoke'));
    const two = idsWhere(({ platform }) => ['odsl', 'frends'].includes(platform));
    expect(await idsOf('platform=odsl&platform=frends')).toEqual(two);
    expect(await idsOf('connection=frends&connection=odsl')).toEqual(two);
    expect(await idsOf('connection=frends&platform=odsl')).toEqual([]);
  });

  it('shows only the sources that were asked', async () => {
    const { body } = await list(gateway, '?connection=odsl&q=invoice');
    expect(body.sources).toMatchObject([{ connection: 'odsl', count: body.data.length }]);
  });

  it('knows what is enabled, what is not, and what was changed since', async () => {
    expect(await idsOf('enabled=true')).toEqual(idsWhere(({ enabled }) => enabled === true));
    expect(await idsOf('enabled=false')).toEqual(idsWhere(({ enabled }) => enabled === false));
    const since = Date.parse('2026-01-16T06:00:00Z');
    const expected = idsWhere(({ updatedAt }) => Date.parse(updatedAt ?? '') > since);
    expect(expected.length).toBeGreaterThan(3);
    expect(await idsOf('updatedAfter=2026-01-16T06:00:00Z')).toEqual(expected);
    for (const same of ['T01:00:00.000-05:00', 't06:00:00z', 'T08:00:00%2B02:00'])
      expect(await idsOf(`updatedAfter=2026-01-16${same}`)).toEqual(expected);
  });

  it('orders by several members, nulls last and the id at the end', async () => {
    const rank = (a: string | null, b: string | null, sign: number) => {
      if (a === b) return 0;
      if (a === null || b === null) return a === null ? 1 : -1;
      return sign * (a < b ? -1 : 1);
    };
    const byId = (a: Process, b: Process) => (a.id < b.id ? -1 : 1);
    const sorted = (compare: (a: Process, b: Process) => number) =>
      [...everything].sort((a, b) => compare(a, b) || byId(a, b)).map(({ id }) => id);
    expect(await idsOf('sort=-updatedAt')).toEqual(
      sorted((a, b) => rank(a.updatedAt, b.updatedAt, -1)),
    );
    expect(await idsOf('sort=-connection,createdAt')).toEqual(
      sorted((a, b) => rank(a.connection, b.connection, -1) || rank(a.createdAt, b.createdAt, 1)),
    );
    const names = (await list(gateway, '?limit=200&sort=-name')).body.data.map(({ name }) => name);
    expect(names).toEqual(everything.map(({ name }) => name).reverse());
  });
});

describe('what the list shows', () => {
  it('shows only the members that were asked for', async () => {
    const { body } = await list(gateway, '?fields=name,id&limit=3');
    for (const process of body.data) expect(Object.keys(process)).toEqual(['name', 'id']);
  });

  it('shows what is included among the members that were asked for, however that was said', async () => {
    type Shown = Process & { readonly versions?: readonly Version[] | null };
    const members = async (query: string) => {
      const path = `/v1/processes?q=credit&limit=10&${query}`;
      const { body } = await get<MergedList<Shown>>(gateway, path);
      expect([query, body.data.length > 2]).toEqual([query, true]);
      const [first] = body.data;
      for (const { native } of body.data) if (query.includes('native')) expect(native).toBeTruthy();
      return [Object.keys(first ?? {}).join(), body.data.flatMap(({ versions }) => versions ?? [])];
    };
    expect(await members('fields=id&include=native')).toEqual(['id,native', []]);
    expect(await members('fields=native')).toEqual(['native', []]);
    const [named, versions] = await members('fields=id,versions');
    expect([named, versions?.length]).toEqual(['id,versions', expect.any(Number)]);
    expect(versions).not.toHaveLength(0);
    for (const [query, shown] of [
      ['fields=id&include=versions', 'id,versions'],
      ['fields=versions', 'versions'],
      ['fields=name&include=versions', 'name,versions'],
    ] as const)
      expect(await members(query)).toEqual([shown, versions]);
    const [all] = await members('fields=name,versions&include=native');
    expect(all).toBe('name,versions,native');
  });

  it('adds the platform’s own JSON, slim and without secrets', async () => {
    const { body, text } = await list(gateway, '?include=native&limit=200');
    expect(body.data).toHaveLength(everything.length);
    for (const { native } of body.data) expect(Object.keys(native ?? {})).not.toHaveLength(0);
    expect(text).not.toMatch(/bpmn|elementParameters|processVariables|frends-secret/i);
    expect(body.data.map((process) => ({ ...process, native: null }))).toEqual(everything);
  });

  it('adds the versions of the processes of a page', async () => {
    type ProcessWithVersions = Process & { readonly versions: readonly Version[] | null };
    const path = '/v1/processes?include=versions&limit=10&q=credit';
    const { body } = await get<MergedList<ProcessWithVersions>>(gateway, path);
    expect(body.data.length).toBeGreaterThan(2);
    for (const process of body.data) {
      const { versions } = process;
      if (process.links.versions === null) expect(versions).toBeNull();
      else expect(versions?.[0]?.version).toBe(process.latestVersion);
    }
    const { body: problem } = await get(gateway, '/v1/processes?include=versions&limit=51');
    expect(problem['errors']).toMatchObject([{ at: 'limit' }]);
  });

  it('counts the values of a member under the filters of the list', async () => {
    interface Facet {
      readonly value: string | boolean | null;
      readonly count: number;
    }
    const facets = async (query: string) => {
      const { body } = await get<MergedList<Facet>>(gateway, `/v1/processes/facets?${query}`);
      return new Map(body.data.map(({ value, count }) => [value, count]));
    };
    const labels = everything.flatMap((process) => process.labels);
    const counts = new Map<string | boolean | null, number>();
    for (const label of labels) counts.set(label, (counts.get(label) ?? 0) + 1);
    expect(await facets('field=label')).toEqual(counts);
    for (const field of ['platform', 'connection', 'enabled', 'kind', 'service'] as const) {
      const sum = [...(await facets(`field=${field}`)).values()].reduce((a, b) => a + b, 0);
      expect([field, sum]).toEqual([field, everything.length]);
    }
    const disabled = await facets('field=enabled&enabled=false&platform=odsl');
    expect([...disabled.keys()]).toEqual([false]);
    expect((await get(gateway, '/v1/processes/facets')).body['errors']).toMatchObject([
      { at: 'field' },
    ]);
  });
});

describe('a query that is not valid', () => {
  it.each([
    ['limit=0', 'limit'],
    ['limit=201', 'limit'],
    ['limit=many', 'limit'],
    ['limit=1.5', 'limit'],
    ['limit=', 'limit'],
    ['limit=1&limit=2', 'limit'],
    ['q=a&q=b', 'q'],
    ['enabled=yes', 'enabled'],
    ['updatedAfter=yesterday', 'updatedAfter'],
    ['updatedAfter=2026-13-01T00:00:00Z', 'updatedAfter'],
    ['updatedAfter=2026-01-01', 'updatedAfter'],
    ['sort=size', 'sort'],
    ['sort=', 'sort'],
    ['fields=id,nothing', 'fields'],
    ['include=everything', 'include'],
    ['require=some', 'require'],
    [`q=${'x'.repeat(501)}`, 'q'],
    ['key=%25zz', 'key'],
    ['colour=red', 'colour'],
    ['__proto__=x', '__proto__'],
    ['constructor=x', 'constructor'],
    ['connection=nowhere', 'connection'],
    ['platform=zapier', 'platform'],
  ])('%s is refused, naming the field', async (query, field) => {
    const { status, body } = await get(gateway, `/v1/processes?${query}`);
    expect([status, body.code]).toEqual([400, 'invalid_request']);
    expect(body['errors']).toMatchObject([{ at: field }]);
  });

  it.each([
    ['limit=abc', 'must be a whole number from 1 to 200'],
    ['limit=', 'must be a whole number from 1 to 200'],
    ['limit=2.5', 'must be a whole number from 1 to 200'],
    ['limit=1e2', 'must be a whole number from 1 to 200'],
    ['limit=201', 'must be a whole number from 1 to 200'],
    ['limit=51&include=versions', 'must be a whole number from 1 to 50 with include=versions'],
    ['updatedAfter=2026-01-16T08:00:00+02:00', '+ has to be written as %2B'],
    ['sort=name,key,-name,id,name', 'must name one to four of'],
  ])('%s is told what would be: %s', async (query, message) => {
    const { status, body } = await get(gateway, `/v1/processes?${query}`);
    expect([status, body['errors']]).toEqual([
      400,
      [{ at: expect.any(String), message: expect.stringContaining(message) }],
    ]);
  });

  it('names everything wrong at once, and what is known', async () => {
    const { body } = await get(gateway, '/v1/processes?limit=0&colour=red&connection=a&sort=x');
    const errors = body['errors'] as { at: string; message: string }[];
    expect(errors.map(({ at }) => at)).toEqual(expect.arrayContaining(['limit', 'colour', 'sort']));
    expect(body.detail).toContain('updatedAfter');
    const stranger = await get(gateway, '/v1/processes?connection=a');
    expect(stranger.body.detail).toMatch(/"a".*concord, frends, odsl, uipath/);
  });

  it('of a route without parameters names every one', async () => {
    const { status, body } = await get(gateway, '/v1/platforms?limit=1');
    expect([status, body['errors']]).toMatchObject([400, [{ at: 'limit' }]]);
  });
});
