import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { connectionFields } from '../../config/connection.config.ts';
import { Secret } from '../../config/secret.ts';
import type { AdapterParts, LineLogPart } from '../../domain/adapter.ts';
import type { LogLine } from '../../domain/run.ts';
import { frendsSandbox } from '../../sandbox/frends/frends.sandbox.ts';
import { type Exchange, type Sandbox, startSandbox } from '../../sandbox/kit/sandbox.ts';
import { UpstreamFactory } from '../../upstream/upstream.factory.ts';
import { linesOf } from './frends.log.ts';
import { FrendsConnector } from './frends.module.ts';
import { linesIn } from '../lines.testing.ts';

describe('the log of an instance', () => {
  let sandbox: Sandbox;
  let exchanges: Exchange[] = [];
  let parts: AdapterParts;
  const upstreams = new UpstreamFactory();
  const signal = (): AbortSignal => AbortSignal.timeout(10_000);
  const executionId = '7d0b2a3c-1f4e-4a6b-9c8d-0e1f2a3b4c5d';
  const run = { nativeId: `3:${executionId}`, process: null, createdAt: null };

  const log = (blobHosts: readonly string[] = []): LineLogPart => {
    const config = {
      ...z.object(connectionFields).parse({ baseUrl: sandbox.url }),
      id: 'frends-eu',
      platform: 'frends',
      auth: { type: 'token', token: new Secret(() => 'sandbox-token') } as const,
      pageSize: 100,
      blobHosts: [...blobHosts],
    };
    parts = new FrendsConnector(upstreams).open(config).parts as AdapterParts;
    if (parts.log.kind !== 'lines') throw new Error('no lines');
    return parts.log;
  };
  const linked = (stepDataUri: unknown, steps: unknown = null): void => {
    const body = JSON.stringify({ data: { executionId, stepDataUri, steps } });
    const headers = { 'content-type': 'application/json' };
    const fault = { kind: 'status', status: 200, headers, body } as const;
    sandbox.faults.add({ path: '/details', fault });
  };
  const lines = (hosts: readonly string[] = []): Promise<readonly LogLine[] | null> =>
    log(hosts).lines(run, null, signal()).then(linesIn);

  beforeAll(async () => {
    sandbox = await startSandbox(frendsSandbox, {
      observe: (exchange) => exchanges.push(exchange),
    });
  });
  afterEach(() => {
    sandbox.faults.clear();
    exchanges = [];
  });
  afterAll(async () => {
    await upstreams.onApplicationShutdown();
    await sandbox.close();
  });

  test('tells its steps as they go, and never what they were given', async () => {
    const part = log();
    const all = await parts.runs.since('2026-11-01T00:00:00.000Z', signal());
    const failed = all.find((each) => each.status === 'failed');
    if (failed === undefined) throw new Error('nothing has failed');
    const said = (await linesIn(await part.lines(failed, null, signal()))) ?? [];
    expect(said[0]?.message).toBe('Manual: begun');
    expect(said.at(-1)?.message).toMatch(/^Return: System\.TimeoutException/);
    expect(said.map(({ at }) => at)).toEqual(said.map(({ at }) => at).sort());
    expect(JSON.stringify(said)).not.toContain('batch');
    // Steps are written down late: none is left out because of its time.
    expect(await linesIn(await part.lines(failed, said[4]?.at ?? null, signal()))).toEqual(said);
  });

  test('follows the link of its steps without credentials', async () => {
    const part = log();
    const [found] = await parts.runs.since('2026-11-01T00:00:00.000Z', signal());
    if (found === undefined) throw new Error('no run');
    await linesIn(await part.lines(found, null, signal()));
    const blob = exchanges.find((each) => each.url.startsWith('/step-data/'));
    expect(blob?.status).toBe(200);
    expect(blob?.url).toContain('sig=sandbox');
    expect(blob?.requestHeaders).not.toHaveProperty('authorization');
  });

  test.each([
    ['nowhere', null],
    ['an empty text', ''],
    ['no address', 'steps.json'],
    ['another host', 'https://blobs.example.com/steps.json'],
    ['another port of the same host', 'http://127.0.0.1:9/steps.json'],
    ['a host without TLS', 'http://blobs.example.com/steps.json'],
    ['a host with a password', 'https://a:b@blobs.example.com/steps.json'],
    ['a file', 'file:///etc/passwd'],
  ])('is none where the link leads to %s', async (_name, link) => {
    linked(link);
    const hosts = link?.startsWith('https://blobs') === true ? ['other.example.com'] : [];
    expect(await lines(hosts)).toBeNull();
  });

  test.each(['blobs.example.invalid', '*.example.invalid'])(
    'is asked for at a host that %s allows',
    async (host) => {
      linked('https://blobs.example.invalid/steps.json?sig=hidden');
      const error: unknown = await lines([host]).catch((caught: unknown) => caught);
      expect(error).toMatchObject({ code: 'upstream_unavailable' });
      expect(String(error)).not.toContain('hidden');
    },
  );

  test.each([403, 404, 410])('is none when its link is answered with %s', async (status) => {
    linked(`${sandbox.url}/step-data/x.json`);
    sandbox.faults.add({ path: '/step-data/', fault: { kind: 'status', status } });
    expect(await lines()).toBeNull();
  });

  test('is not read through a redirect, nor from another shape', async () => {
    linked(`${sandbox.url}/step-data/x.json`);
    const headers = { location: 'https://blobs.example.com/' };
    sandbox.faults.add({
      path: 'data/',
      times: 1,
      fault: { kind: 'status', status: 302, headers },
    });
    await expect(lines()).rejects.toMatchObject({ code: 'upstream_contract' });
    sandbox.faults.add({ path: 'data/', fault: { kind: 'html' } });
    await expect(lines()).rejects.toMatchObject({ code: 'upstream_contract' });
  });

  test('is taken from the details where they have the steps', async () => {
    linked(null, [{ name: 'Fetch', startTimeUtc: '2026-11-21T05:06:07Z' }]);
    expect(await lines()).toEqual([
      { at: '2026-11-21T05:06:07.000Z', level: null, message: 'Fetch: begun' },
    ]);
  });

  test('of no run is none, and grows at its end', async () => {
    expect(await lines()).toBeNull();
    const begun = [{ name: 'One', startTimeUtc: '2026-11-21T05:06:07Z' }, { name: 'Two' }, {}];
    const over = [{ ...begun[0], endTimeUtc: '2026-11-21T05:06:09Z' }, ...begun.slice(1)];
    const [early, late] = [linesOf(begun), linesOf(over)];
    for (const line of early) expect(late).toContainEqual(line);
    expect(late.find(({ message }) => message.includes('done'))?.message).toBe(
      'One: done after 2000 ms',
    );
  });
});
