import { describe, expect, test } from '@jest/globals';
import { concordSandboxWith } from '../../sandbox/concord/concord.sandbox.ts';
import { StartedConcord } from './concord.starts.testing.ts';
import { AskedConcord, signal } from './concord.testing.ts';

const finance = 'Finance:finance-automation:main:Invoice%20intake';

const concord = new StartedConcord();
const newest = new AskedConcord(concordSandboxWith({ version: '2.44.0' }));

describe('a start by path', () => {
  const path = { startStyle: 'path' } as const;

  test('says the same in the words of 2017', async () => {
    const wanted = concord.request(
      { input: { name: 'p' }, labels: ['a'] },
      { out: ['greeting'], branch: 'b' },
    );
    const evidence = await concord.prepared(wanted, concord.starts(path));
    const { nativeId } = await concord.send(evidence, concord.starts(path));
    expect(concord.exchanges.at(-1)?.url).toBe(
      '/api/v1/process/platform-checks%3Amain%3ASmoke%20test',
    );
    expect(JSON.parse(concord.sent())).toEqual({
      arguments: { name: 'p' },
      tags: ['a'],
      meta: { gatewayRunId: wanted.mark },
      out: ['greeting'],
      repoBranchOrTag: 'b',
    });
    expect((await concord.runs().get(nativeId ?? '', signal()))?.mark).toBe(wanted.mark);
    expect(await concord.reconcile(evidence, concord.starts(path))).toMatchObject({
      state: 'applied',
      receipt: { nativeId },
    });
  });

  test('without a flow names none', async () => {
    const wanted = concord.request({ process: 'Default:platform-checks:main:' });
    await concord.send(await concord.prepared(wanted, concord.starts(path)), concord.starts(path));
    expect(concord.exchanges.at(-1)?.url).toBe('/api/v1/process/platform-checks%3Amain');
  });

  test('is refused by servers that do not know it any more, and never sent to them', async () => {
    newest.sandbox.forget();
    await expect(
      concord.starts(path, newest.sandbox.url).prepare(concord.request(), signal()),
    ).rejects.toMatchObject({
      code: 'capability_not_supported',
      details: { outcome: 'not_sent' },
    });
    expect(newest.sandbox.requests().filter((each) => each.startsWith('POST'))).toEqual([]);
  });

  test.each([finance, 'Default:platform-checks:main:a%3Ab'])('cannot reach %s', async (process) => {
    await expect(
      concord.starts(path).prepare(concord.request({ process }), signal()),
    ).rejects.toMatchObject({
      code: 'upstream_rejected',
      details: { outcome: 'not_sent' },
    });
  });
});
