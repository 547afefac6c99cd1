import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { buffer } from 'node:stream/consumers';
import { z } from 'zod';
import { connectionFields } from '../../config/connection.config.ts';
import { Secret } from '../../config/secret.ts';
import type { AdapterParts, ExportItem } from '../../domain/adapter.ts';
import { encodeKey } from '../../domain/ids.ts';
import { type Sandbox, startSandbox } from '../../sandbox/kit/sandbox.ts';
import { readZip } from '../../sandbox/kit/zip.ts';
import { odslSandbox } from '../../sandbox/odsl/odsl.sandbox.ts';
import { UpstreamFactory } from '../../upstream/upstream.factory.ts';
import { OdslConnector } from './odsl.module.ts';

const upstreams = new UpstreamFactory();
const headers = { authorization: 'Bearer sandbox-token' };
let sandbox: Sandbox;
let parts: AdapterParts;

beforeAll(async () => {
  sandbox = await startSandbox(odslSandbox);
  parts = new OdslConnector(upstreams).open({
    ...z.object(connectionFields).parse({ baseUrl: `${sandbox.url}/api` }),
    id: 'odsl-prod',
    platform: 'odsl',
    auth: { type: 'token', token: new Secret(() => 'sandbox-token') },
    environment: 'production',
    startBody: 'input',
  }).parts as AdapterParts;
});
afterEach(() => {
  sandbox.faults.clear();
  sandbox.reset();
  sandbox.forget();
});
afterAll(async () => {
  await upstreams.onApplicationShutdown();
  await sandbox.close();
});

async function call(method: string, path: string, body?: object): Promise<string> {
  const sent = body === undefined ? {} : { body: JSON.stringify(body) };
  const answer = await fetch(`${sandbox.url}/api/process/v1${path}`, { method, headers, ...sent });
  return answer.text();
}

/** Two versions of `FX`, the older one tagged. */
async function history(): Promise<void> {
  await call('POST', '', { _id: 'FX', script: 'Fx', input: { password: 'hunter2' } });
  await call('POST', '', { _id: 'FX', script: 'Fx', description: 'second' });
  await call('PUT', '/FX/1/PROD');
}

const item = (key: string, version: string | null = null): ExportItem => ({ key, version });
const exported = (items: readonly ExportItem[]) =>
  parts.export.export(items, AbortSignal.timeout(10_000));

describe('an export of several configurations', () => {
  test('is an archive of them, byte for byte', async () => {
    await history();
    await call('POST', '', { _id: 'finance/fx', script: 'Fx' });
    const slashed = encodeKey(['finance/fx']);
    const file = await exported([
      item('FX', 'PROD'),
      item(slashed),
      item('FX'),
      item('SMOKE_TEST'),
    ]);
    expect(file).toMatchObject({ fileName: 'odsl-prod-export.zip', mediaType: 'application/zip' });
    const entries = readZip(await buffer(file.content), () => true);
    const texts = entries.map(({ name, content }) => [name, content.toString()]);
    expect(texts).toEqual([
      ['FX.1.json', await call('GET', '/FX/1')],
      ['finance%2Ffx.1.json', await call('GET', '/finance%2Ffx/1')],
      ['FX.2.json', await call('GET', '/FX/2')],
      ['SMOKE_TEST.1.json', await call('GET', '/SMOKE_TEST/1')],
    ]);
    expect(texts[0]?.[1]).toContain('hunter2');
  });

  test('names what is not there', async () => {
    await history();
    const items = [item('FX'), item('NO_SUCH'), item('FX', '9'), item('FX', '*'), item('%2A')];
    await expect(exported(items)).rejects.toMatchObject({
      code: 'not_found',
      details: {
        connection: 'odsl-prod',
        platform: 'odsl',
        errors: [
          { at: 'items[1].process' },
          { at: 'items[2].version' },
          { at: 'items[3].version' },
          { at: 'items[4].process' },
        ],
      },
    });
  });

  test('has no version twice, be it by number or by tag', async () => {
    await history();
    await expect(exported([item('FX', 'PROD'), item('FX'), item('FX', '1')])).rejects.toMatchObject(
      {
        code: 'invalid_request',
        details: { errors: [{ at: 'items[2]' }] },
      },
    );
  });

  test.each([
    ['is garbage', { kind: 'garbage' }, 'upstream_contract'],
    ['went away meanwhile', { kind: 'status', status: 404 }, 'not_found'],
    ['cannot be read', { kind: 'status', status: 503 }, 'upstream_unavailable'],
  ] as const)('one of whose configurations %s breaks off', async (_name, fault, code) => {
    await history();
    const { content } = await exported([item('SMOKE_TEST'), item('FX')]);
    // Everything is there by now.
    sandbox.faults.add({ path: '/FX', fault });
    await expect(buffer(content)).rejects.toMatchObject({ code });
  });
});
