import { expect } from '@jest/globals';
import type { ConnectionState } from '../../../src/domain/connection.ts';
import type { Process, ProcessDetail } from '../../../src/domain/process.ts';
import type { Version } from '../../../src/domain/version.ts';
import type { Problem } from '../../../src/http/problem.ts';
import { change } from '../../support/changes.ts';
import { at, type Collection, get, list, type Serving } from '../../support/http.ts';
import { mostVersioned, versionsOf } from '../../support/reads.ts';
import { type DocumentCases, effectsOn, type Given } from './document-case.ts';

const standing = 'odsl:VENDOR_MASTER_SYNC';
const fields = { service: 'ETL', script: 'return 1', enabled: true };
let made = 0;

/** A process of so many versions, and its key. */
async function newProcess(gateway: Serving, versions = 1): Promise<{ id: string; key: string }> {
  made += 1;
  const key = `DOCUMENTED_${made}`;
  for (let version = 1; version <= versions; version += 1) {
    const script = `return ${version}`;
    const { status, text } = await change(gateway, 'put', at(`odsl:${key}`), { ...fields, script });
    if (status !== (version === 1 ? 201 : 200)) throw new Error(`${status}: ${text}`);
  }
  return { id: `odsl:${key}`, key };
}

const effects = (given: Given, effect: string, id: string): number =>
  effectsOn(given, 'odsl', effect, { id });

const latestOf = async (gateway: Serving, id: string): Promise<Version> =>
  (await get<Version>(gateway, at(id, '/versions/latest'))).body;

const reads: DocumentCases = {
  'GET process': async ({ gateway, stage }) => {
    const { status, body } = await get<ConnectionState>(gateway, '/v1/connections/odsl');
    const answer = await fetch(`${stage.sandbox('odsl').url}/api/process`, {
      headers: { authorization: 'Bearer sandbox-token' },
    });
    expect([status, answer.status]).toEqual([200, 200]);
    expect(body.upstream.build).toEqual(await answer.json());
  },

  'GET process/v1': async ({ gateway }) => {
    const { body } = await list(gateway, '?connection=odsl');
    expect(body.page.total).toBeGreaterThanOrEqual(24);
    expect(new Set(body.data.map(({ connection }) => connection))).toEqual(new Set(['odsl']));
  },

  'GET process/v1?_limit': async ({ gateway }) => {
    const keys: string[] = [];
    let query: string | null = '?connection=odsl&limit=7';
    while (query !== null) {
      const { body }: Awaited<ReturnType<typeof list>> = await list(gateway, query);
      expect(body.data.length).toBeLessThanOrEqual(7);
      keys.push(...body.data.map(({ key }) => key));
      const { nextCursor } = body.page;
      query =
        nextCursor === null
          ? null
          : `?connection=odsl&limit=7&cursor=${encodeURIComponent(nextCursor)}`;
    }
    const all = await list(gateway, '?connection=odsl&limit=200');
    expect(keys).toEqual(all.body.data.map(({ key }) => key));
  },

  'GET process/v1?_distinct=_id': async ({ gateway }) => {
    const { body } = await list(gateway, '?connection=odsl&fields=key&limit=200');
    const keys = body.data.map(({ key }) => key);
    expect(new Set(keys).size).toBe(body.page.total);
    for (const each of body.data) expect(each).toEqual({ key: each.key });
  },

  'GET process/v1?_distinct': async ({ gateway }) => {
    const { body } = await list(gateway, '?connection=odsl&limit=200');
    const wanted: Readonly<Record<string, (process: Process) => readonly unknown[]>> = {
      service: ({ service }) => [service],
      label: ({ labels }) => labels,
      enabled: ({ enabled }) => [enabled],
    };
    for (const [field, values] of Object.entries(wanted)) {
      const path = `/v1/processes/facets?connection=odsl&field=${field}`;
      const facets = await get<Collection<{ value: unknown }>>(gateway, path);
      const found = facets.body.data.map(({ value }) => value);
      expect(new Set(found)).toEqual(new Set(body.data.flatMap(values)));
      expect(found).toHaveLength(new Set(found).size);
    }
  },

  'GET process/v1/{key}': async ({ gateway }) => {
    const { status, body } = await get<ProcessDetail>(gateway, at(standing));
    expect([status, body.key]).toEqual([200, 'VENDOR_MASTER_SYNC']);
    expect(body.configuration).toMatchObject({ name: 'Vendor master sync' });
  },

  'GET process/v1/{key}/{version}': async ({ gateway }) => {
    const { id } = await newProcess(gateway, 2);
    const { status, body } = await get<Version>(gateway, at(id, '/versions/1'));
    expect([status, body.version, body.isLatest]).toEqual([200, '1', false]);
    expect(body.configuration).toMatchObject({ script: 'return 1' });
  },

  'GET process/v1/{key}/{tag}': async ({ gateway }) => {
    const { id, versions } = await mostVersioned(gateway, 'odsl');
    const tagged = versions.find(({ tags }) => tags.includes('PROD'));
    const { status, body } = await get<Version>(gateway, at(id, '/versions/PROD'));
    expect([status, body.version]).toEqual([200, tagged?.version]);
  },

  'GET process/v1/{key}/*': async ({ gateway }) => {
    const { id } = await newProcess(gateway, 3);
    const { status, body } = await get<Collection<Version>>(gateway, at(id, '/versions'));
    expect([status, body.data.map(({ version }) => version)]).toEqual([200, ['3', '2', '1']]);
  },
};

const changes: DocumentCases = {
  'POST process/v1, a new process': async (given) => {
    const { id, key } = await newProcess(given.gateway);
    const { body } = await get<ProcessDetail>(given.gateway, at(id));
    expect(body.configuration).toMatchObject(fields);
    expect(effects(given, 'process.saved', key)).toBe(1);
  },

  'POST process/v1, one that stands': async (given) => {
    const { id, key } = await newProcess(given.gateway);
    const next = { ...fields, script: 'return 2' };
    const answer = await change(given.gateway, 'put', at(id), next);
    expect([answer.status, answer.body.result?.items[0]?.effect]).toEqual([200, 'updated']);
    const latest = await latestOf(given.gateway, id);
    expect([latest.version, latest.configuration?.['script']]).toEqual(['2', 'return 2']);
    expect(effects(given, 'process.saved', key)).toBe(2);
  },

  'PUT process/v1/{key} {_id}': async (given) => {
    const { gateway } = given;
    const { id, key } = await newProcess(gateway);
    const answer = await change(gateway, 'patch', at(id), { key: `${key}_RENAMED` });
    const renamed = `${id}_RENAMED`;
    expect([answer.status, answer.headers['location']]).toEqual([200, at(renamed)]);
    expect((await get(gateway, at(id))).status).toBe(404);
    expect((await get(gateway, at(renamed))).status).toBe(200);
    expect(effects(given, 'process.renamed', key)).toBe(1);
  },

  'PUT process/v1/{key}/{version}/{tag}': async (given) => {
    const { gateway } = given;
    const { id, key } = await newProcess(gateway, 2);
    expect((await change(gateway, 'put', at(id, '/versions/1/tags/PROD'))).status).toBe(200);
    expect((await get<Version>(gateway, at(id, '/versions/PROD'))).body.version).toBe('1');
    expect(effects(given, 'process.tagged', key)).toBe(1);
  },

  'DELETE process/v1/{key}': async (given) => {
    const { gateway } = given;
    const { id, key } = await newProcess(gateway, 2);
    expect((await change(gateway, 'post', at(id, '/rollback'))).status).toBe(200);
    const latest = await latestOf(gateway, id);
    expect([latest.version, latest.configuration?.['script']]).toEqual(['1', 'return 1']);
    expect(effects(given, 'process.rolledBack', key)).toBe(1);
  },

  'DELETE process/v1/{key}, the only version': async (given) => {
    const { gateway } = given;
    const { id, key } = await newProcess(gateway);
    const asked = await change<Problem>(gateway, 'post', at(id, '/rollback'));
    expect([asked.status, asked.body['confirm']]).toEqual([409, 'delete']);
    expect(effects(given, 'process.rolledBack', key)).toBe(0);
    const answer = await change(gateway, 'post', at(id, '/rollback?confirm=delete'));
    expect([answer.status, (await get(gateway, at(id))).status]).toEqual([200, 404]);
    expect(effects(given, 'process.rolledBack', key)).toBe(1);
  },

  'DELETE process/v1/{key}/{version}': async (given) => {
    const { gateway } = given;
    const { id, key } = await newProcess(gateway, 3);
    expect((await change(gateway, 'delete', at(id, '/versions/2'))).status).toBe(204);
    const left = await versionsOf(gateway, id);
    expect(left.map(({ version }) => version)).toEqual(['3', '1']);
    expect(effects(given, 'process.versionDeleted', key)).toBe(1);
  },

  'DELETE process/v1/{key}/*': async (given) => {
    const { gateway } = given;
    const { id, key } = await newProcess(gateway, 2);
    expect((await change(gateway, 'delete', at(id))).status).toBe(204);
    expect((await get(gateway, at(id))).status).toBe(404);
    expect((await list(gateway, `?connection=odsl&key=${key}`)).body.data).toEqual([]);
    expect(effects(given, 'process.deleted', key)).toBe(1);
  },
};

/** What becomes of the calls that the documents of OpenDataDSL name. */
export const odslCases: DocumentCases = { ...reads, ...changes };
