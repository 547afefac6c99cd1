import { describe, expect, test } from '@jest/globals';
import { UpstreamTimeoutError } from '../../domain/errors.ts';
import { concordSandboxWith } from '../../sandbox/concord/concord.sandbox.ts';
import { smokeTest, StartedConcord } from './concord.starts.testing.ts';
import { AskedConcord, signal } from './concord.testing.ts';

const finance = 'Finance:finance-automation:main:Invoice%20intake';
const legacy = 'Finance:finance-automation:legacy:';

const concord = new StartedConcord();
const newest = new AskedConcord(concordSandboxWith({ version: '2.44.0' }));

describe('a start', () => {
  test('is one form with everything it says', async () => {
    const options = {
      activeProfiles: ['nightly'],
      out: ['greeting', 'total'],
      branch: 'release/ü',
    };
    const wanted = concord.request({ input: { name: 'Größe' }, labels: ['a', 'b'] }, options);
    const { nativeId } = await concord.send(await concord.prepared(wanted));
    const body = concord.sent();
    const type = concord.exchanges.at(-1)?.requestHeaders['content-type'];
    expect(type).toMatch(/^multipart\/form-data; boundary=/);
    for (const [name, content] of [
      ['meta', `{"gatewayRunId":"${wanted.mark}"}`],
      ['request', '{"arguments":{"name":"Größe"},"tags":["a","b"],"activeProfiles":["nightly"]}'],
      ['org', 'Default'],
      ['project', 'platform-checks'],
      ['repo', 'main'],
      ['entryPoint', 'Smoke test'],
      ['out', 'greeting,total'],
      ['repoBranchOrTag', 'release/ü'],
    ])
      expect(body).toMatch(
        new RegExp(`name="${name}"\r\nContent-Type: [^\r]+\r\n\r\n${escaped(content ?? '')}\r\n`),
      );
    const run = await concord.runs().get(nativeId ?? '', signal());
    expect(run).toMatchObject({
      process: smokeTest,
      labels: ['a', 'b'],
      mark: wanted.mark,
      initiator: 'admin',
    });
    expect(concord.begun()).toHaveLength(1);
  });

  test('of the flow that the project file chooses names none', async () => {
    const wanted = concord.request({ process: 'Default:platform-checks:main:' });
    await concord.send(await concord.prepared(wanted));
    expect(concord.sent()).not.toContain('entryPoint');
    expect(concord.begun()).toMatchObject([{ flow: 'default' }]);
  });

  test('of a flow that no refresh has seen is let through: it may stand on another branch', async () => {
    const process = 'Default:platform-checks:main:elsewhere';
    const wanted = concord.request({ process }, { commit: '9ac024f681a7' });
    await concord.send(await concord.prepared(wanted));
    expect(concord.sent()).toContain('name="repoCommitId"');
    expect(concord.begun()).toMatchObject([{ flow: 'elsewhere' }]);
  });

  test('can be tried without its effects where the server can do that', async () => {
    const wanted = concord.request({}, { dryRun: true });
    const evidence = await concord.prepared(wanted, concord.starts({}, newest.sandbox.url));
    expect(evidence).toMatchObject({ request: { dryRun: true } });
    await expect(concord.starts().prepare(wanted, signal())).rejects.toMatchObject({
      code: 'invalid_request',
      details: { outcome: 'not_sent', errors: [{ at: 'options.dryRun' }] },
    });
  });

  test.each([
    ['a version', concord.request({ version: '1' }), 'invalid_request', 'version'],
    ['a deployment', concord.request({ deployment: '7' }), 'invalid_request', 'deployment'],
    ['an unknown project', concord.request({ process: 'Default:nope:main:x' }), 'not_found', null],
    [
      'an unknown repository',
      concord.request({ process: 'Default:platform-checks:nope:' }),
      'not_found',
      null,
    ],
    [
      'an unknown organization',
      concord.request({ process: 'Nowhere:nope:main:' }),
      'not_found',
      null,
    ],
    ['no key at all', concord.request({ process: 'x' }), 'not_found', null],
    ['a disabled repository', concord.request({ process: legacy }), 'conflict', null],
    [
      'results of a project that gives none',
      concord.request({ process: finance }, { out: ['a'] }),
      'upstream_rejected',
      null,
    ],
    [
      'both branch and commit',
      concord.request({}, { branch: 'a', commit: '9ac024f' }),
      'invalid_request',
      'options.commit',
    ],
  ])('with %s is refused before anything is sent', async (_name, wanted, code, at) => {
    await expect(concord.starts().prepare(wanted, signal())).rejects.toMatchObject({
      code,
      details: {
        connection: 'concord',
        platform: 'concord',
        outcome: 'not_sent',
        ...(at === null ? {} : { errors: [{ at }] }),
      },
    });
    expect(concord.exchanges.every(({ method }) => method === 'GET')).toBe(true);
    expect(concord.begun()).toEqual([]);
  });

  test('in another organization than the connection has is refused without a call', async () => {
    const part = concord.starts({ organizations: ['Finance'] });
    await expect(part.prepare(concord.request(), signal())).rejects.toMatchObject({
      code: 'not_found',
    });
    expect(concord.exchanges).toEqual([]);
  });

  test('says which setting of the project stands in the way', async () => {
    const wanted = concord.request({ process: finance }, { out: ['a'] });
    await expect(concord.starts().prepare(wanted, signal())).rejects.toThrow(/outVariablesMode/);
  });

  test('without its permit does not leave', async () => {
    const late = new UpstreamTimeoutError('Its time is over.', { sent: 'no' });
    const evidence = await concord.prepared();
    const sending = concord.send(evidence, concord.starts(), () => {
      throw late;
    });
    await expect(sending).rejects.toBe(late);
    expect(concord.begun()).toEqual([]);
  });

  test('is never sent twice by itself', async () => {
    const evidence = await concord.prepared();
    const fault = { kind: 'status', status: 503 } as const;
    concord.sandbox.faults.add({ method: 'POST', path: '^/api/v1/process$', fault });
    concord.sandbox.forget();
    await expect(concord.send(evidence)).rejects.toMatchObject({
      code: 'upstream_unavailable',
    });
    expect(concord.sandbox.requests()).toHaveLength(1);
  });
});

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
