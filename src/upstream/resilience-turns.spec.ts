import { describe, expect, jest, test } from '@jest/globals';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { deadline } from '../timing/deadline.ts';
import { ask, fine, hang, TestUpstream, until } from './upstream.testing.ts';

jest.setTimeout(20_000);

const upstream = new TestUpstream();

describe('at once', () => {
  test.each([
    ['a deadline', 'deadline(10_000)'],
    ['a deadline within another', 'deadline(10_000, deadline(20_000))'],
    ['a caller who may go away', 'new AbortController().signal'],
  ])('any number of calls wait for %s, and Node warns of no leak', async (_name, signal) => {
    // In a process of its own: the test runner's `process` hears no warnings.
    const script = `
      import { deadline } from './src/timing/deadline.ts';
      import { Resilience } from './src/upstream/resilience.ts';
      const name = { connection: 'test', platform: 'test', title: 'Test' };
      const resilience = new Resilience({ name, concurrency: 20, breakAfter: 5, halfOpenAfterMs: 9 });
      const signal = ${signal};
      const wait = () => new Promise((done) => setTimeout(done, 20));
      await Promise.all(Array.from({ length: 40 }, () => resilience.once(wait, signal, '/')));
      console.log('done');
      process.exit();`;
    const loader = ['--import', './test/support/typescript.js', '--input-type=module'];
    const ran = await promisify(execFile)(process.execPath, [...loader, '-e', script]);
    expect(ran.stderr.replace(/^.*ExperimentalWarning.*$\n?|^\(Use `node.*$\n?/gm, '')).toBe('');
    expect(ran.stdout).toBe('done\n');
  });

  test('no more requests are under way than allowed, and all get their turn', async () => {
    let underWay = 0;
    let most = 0;
    upstream.answer = (response) => {
      underWay += 1;
      most = Math.max(most, underWay);
      setTimeout(() => {
        underWay -= 1;
        fine(response);
      }, 5);
    };
    const client = upstream.open({ concurrency: 3 });
    const answers = await Promise.all(Array.from({ length: 30 }, () => ask(client)));
    expect(new Set(answers)).toEqual(new Set(['ok']));
    expect(most).toBe(3);
  });

  test('a caller who gives up while waiting for a turn gets away, and sends nothing', async () => {
    upstream.answer = hang;
    const client = upstream.open({ concurrency: 1 });
    const slow = new AbortController();
    const first = ask(client, slow.signal);
    await until(() => upstream.requests.length === 1);
    const caller = new AbortController();
    const second = ask(client, caller.signal);
    caller.abort();
    expect(await second).toBe('upstream_timeout');
    slow.abort();
    await first;
    upstream.answer = fine;
    expect(await ask(client)).toBe('ok');
    expect(upstream.requests).toHaveLength(2);
  });

  test('a caller who gives up while waiting takes nobody else the turn', async () => {
    let end = (): void => undefined;
    upstream.answer = (response) => {
      if (upstream.requests.length > 1) fine(response);
      else end = fine.bind(null, response);
    };
    const client = upstream.open({ concurrency: 1 });
    const first = ask(client);
    await until(() => upstream.requests.length === 1);
    const caller = new AbortController();
    const second = ask(client, caller.signal);
    const third = ask(client);
    caller.abort();
    end();
    expect(await Promise.all([first, second, third])).toEqual(['ok', 'upstream_timeout', 'ok']);
    expect(upstream.requests).toHaveLength(2);
  });

  test('what never got its turn was not sent', async () => {
    upstream.answer = hang;
    const client = upstream.open({ concurrency: 1 });
    const slow = new AbortController();
    const first = ask(client, slow.signal);
    await until(() => upstream.requests.length === 1);
    let permits = 0;
    const permit = (): void => {
      permits += 1;
    };
    const write = (): Promise<unknown> =>
      client
        .text({ method: 'POST', path: '/things', body: '{}', permit, signal: deadline(200) })
        .catch((error: unknown) => error);
    const never = await write();
    expect(never).toMatchObject({ code: 'upstream_timeout', details: { sent: 'no' } });
    expect(permits).toBe(0);
    slow.abort();
    await first;
    expect(await write()).toMatchObject({ code: 'upstream_timeout', details: { sent: 'maybe' } });
    expect(permits).toBe(1);
    expect(upstream.requests).toHaveLength(2);
  });

  test('nothing is sent for a caller who has given up already', async () => {
    upstream.answer = fine;
    expect(await ask(upstream.open(), AbortSignal.abort())).toBe('upstream_timeout');
    expect(upstream.requests).toEqual([]);
  });
});
