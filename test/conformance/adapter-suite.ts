import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import type { PlatformAdapter } from '../../src/domain/adapter.ts';
import { GatewayError } from '../../src/domain/errors.ts';
import type { Platform } from '../../src/platforms/platform.ts';
import type { Sandbox, SandboxOptions } from '../../src/sandbox/kit/sandbox.ts';
import { type OpenAdapter, openAdapter } from '../support/open-adapter.ts';
import { describeExamples } from './examples.ts';
import { describeReadSide } from './read-side.ts';
import { code, readerOf } from './reader.ts';
import { describeRunSide } from './run-side.ts';

/** The adapter contract, the same cases for every platform. */
export function describeAdapter(
  platform: Platform,
  startSandbox: (options?: SandboxOptions) => Promise<Sandbox>,
): void {
  describe(`${platform.title} keeps the adapter contract`, () => {
    let sandbox: Sandbox;
    let open: OpenAdapter;
    let adapter: PlatformAdapter;
    const { signal, part, list } = readerOf(() => adapter);

    beforeAll(async () => {
      sandbox = await startSandbox();
      open = openAdapter(platform, sandbox.url);
      adapter = open.adapter;
    });
    afterEach(() => {
      sandbox.faults.clear();
    });
    afterAll(async () => {
      await open.close();
      await sandbox.close();
    });

    describeReadSide(() => Promise.resolve(openAdapter(platform, sandbox.url)));
    describeExamples(platform, () => adapter);

    describeRunSide(platform, () => sandbox);

    describe('when the upstream misbehaves', () => {
      const platformCalls = '^(?!.*(/token|/connect/|/Authenticate))';
      let anyKey = '';
      const reads = [() => list(), () => part('processes').get(anyKey, signal())];
      beforeAll(async () => {
        anyKey = (await list())[0]?.key ?? '';
      });

      test.each([
        ['a web page with 200', { kind: 'html' }, 'upstream_contract'],
        ['garbage', { kind: 'garbage' }, 'upstream_contract'],
        [
          'JSON of another shape',
          { kind: 'status', status: 200, body: '[[1]]' },
          'upstream_contract',
        ],
        ['a compressed bomb', { kind: 'bomb', bytes: 80 * 1024 ** 2 }, 'upstream_contract'],
        ['an endless body', { kind: 'huge', bytes: 65 * 1024 ** 2 }, 'upstream_contract'],
        ['a cut body', { kind: 'truncated' }, 'upstream_unavailable'],
        ['a reset', { kind: 'reset' }, 'upstream_unavailable'],
        ['a 500', { kind: 'status', status: 500 }, 'upstream_unavailable'],
        ['a 429', { kind: 'status', status: 429 }, 'upstream_rate_limited'],
        ['a 403', { kind: 'status', status: 403 }, 'upstream_auth_failed'],
        [
          'a redirect',
          { kind: 'status', status: 302, headers: { location: 'http://127.0.0.1:9/' } },
          'upstream_contract',
        ],
      ] as const)('%s becomes an error of the catalogue', async (_name, fault, expected) => {
        const fresh = openAdapter(platform, sandbox.url, { timeout: '15s' });
        adapter = fresh.adapter;
        try {
          sandbox.faults.add({ path: platformCalls, fault });
          for (const read of reads) expect(await code(read())).toBe(expected);
        } finally {
          adapter = open.adapter;
          await fresh.close();
        }
      });

      test('a silence ends with the timeout', async () => {
        const fresh = openAdapter(platform, sandbox.url, { timeout: '150ms' });
        sandbox.faults.add({ path: platformCalls, fault: { kind: 'hang' } });
        const processes = fresh.adapter.parts.processes;
        expect(await code(processes?.list(signal()) ?? Promise.resolve())).toBe('upstream_timeout');
        await fresh.close();
      });

      test('a read that fails once is tried again', async () => {
        const expected = await list();
        sandbox.faults.add({
          path: platformCalls,
          times: 1,
          fault: { kind: 'status', status: 503 },
        });
        expect(await list()).toEqual(expected);
        sandbox.faults.add({ path: platformCalls, times: 1, fault: { kind: 'reset' } });
        expect(await list()).toEqual(expected);
      });

      test('an abort ends the read at once', async () => {
        sandbox.faults.add({ path: platformCalls, fault: { kind: 'hang' } });
        const abort = new AbortController();
        const read = code(part('processes').list(abort.signal));
        setTimeout(() => {
          abort.abort();
        }, 50);
        expect(await read).toBe('upstream_timeout');
      });

      const { auth } = platform.sandboxConnection('http://localhost');
      const isFetched = (auth as { readonly type: string }).type === 'clientCredentials';
      const refused = { kind: 'status', status: 401 } as const;
      /** What was asked of the sandbox: for tokens, and for anything else. */
      const asked = (): [tokens: number, others: number] => {
        const requests = sandbox.requests().map((line) => line.split(' ')[1] ?? '');
        const others = requests.filter((url) => new RegExp(platformCalls).test(url));
        return [requests.length - others.length, others.length];
      };

      test('a 401 is answered with a new credential where one is fetched, and else given up', async () => {
        const fresh = openAdapter(platform, sandbox.url);
        await fresh.adapter.ping(signal());
        sandbox.forget();
        await fresh.adapter.ping(signal());
        const [none, calls] = asked();
        expect(none).toBe(0);
        sandbox.forget();
        sandbox.faults.add({ path: platformCalls, times: 1, fault: refused });
        const outcome = await code(fresh.adapter.ping(signal()));
        expect(outcome).toBe(isFetched ? 'no error' : 'upstream_auth_failed');
        const [tokens, others] = asked();
        expect(tokens).toBe(isFetched ? 1 : 0);
        if (isFetched) expect(others).toBe(calls + 1);
        else expect(others).toBeLessThanOrEqual(calls);
        await fresh.close();
      });

      test('a 401 that stays is answered with one new credential at most', async () => {
        const fresh = openAdapter(platform, sandbox.url);
        await fresh.adapter.ping(signal());
        sandbox.forget();
        sandbox.faults.add({ path: platformCalls, fault: refused });
        for (let time = 0; time < 3; time += 1)
          expect(await code(fresh.adapter.ping(signal()))).toBe('upstream_auth_failed');
        expect(asked()[0]).toBe(isFetched ? 1 : 0);
        await fresh.close();
      });

      test('an error never shows a credential', async () => {
        const fresh = openAdapter(platform, sandbox.url);
        const body = JSON.stringify({
          message: 'bad sandbox-secret and sandbox-token',
          detail: 'sandbox-password',
        });
        sandbox.faults.add({ path: platformCalls, fault: { kind: 'status', status: 400, body } });
        const error: unknown = await fresh.adapter.parts.processes
          ?.list(signal())
          .catch((caught: unknown) => caught);
        expect(error).toBeInstanceOf(GatewayError);
        expect(JSON.stringify(error) + String(error)).not.toContain('sandbox-secret');
        await fresh.close();
      });
    });
  });
}
