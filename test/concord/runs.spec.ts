import { beforeAll, describe, expect, jest, test } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { buffer } from 'node:stream/consumers';
import { isEnd, type RunRecord, type RunRef } from '../../src/domain/run.ts';
import { shownBy } from '../../src/platforms/many-runs.testing.ts';
import { expectRecord, refOf } from '../conformance/runner.ts';
import { startProxy } from './proxy.ts';
import { connect, keyOf, partsOf, RealRuns, requestOf, signal, testMs, url } from './runs-stage.ts';
import { realServer, send, start } from './server.ts';

jest.setTimeout(testMs);

const real = new RealRuns();

describe('what a run leaves', () => {
  let run: RunRecord;
  beforeAll(async () => {
    const lines = ['äöü', '日本語', '👩‍👩‍👧', 'x'.repeat(2_000)];
    run = await real.ended(await real.begin(requestOf('chatter', { input: { lines } })));
  });

  test('is a log, to the byte', async () => {
    const { text } = await send(realServer(), {
      method: 'GET',
      path: `/api/v1/process/${run.nativeId}/log`,
    });
    const all = Buffer.from(text);
    expect(await real.logOf(run)).toEqual(all);
    const { length } = all;
    for (const [from, to] of [
      [0, 1],
      [1, 2],
      [100, 120],
      [length - 1, length],
      [length - 40, null],
      [0, length],
      [127, 129],
      [0, 999_999],
    ] as const)
      expect(await real.logOf(run, from, to)).toEqual(all.subarray(from, to ?? length));
    for (let from = 0; from < length; from += 37)
      expect(await real.logOf(run, from, from + 11)).toEqual(all.subarray(from, from + 11));
    expect((await real.logOf(run, length)).length).toBe(0);
  });

  test('is files', async () => {
    const names = await real.parts().attachments.list(run, signal());
    expect(names?.map(({ name }) => name)).toContain('report.csv');
    const file = await real.parts().attachments.open(run, 'report.csv', signal());
    expect(file === null ? null : (await buffer(file.content)).toString()).toBe('total,42\n');
    for (const name of ['nope', 'a/b', '../report.csv'])
      expect(await real.parts().attachments.open(run, name, signal())).toBeNull();
  });

  test('is the same alone, together and in the list', async () => {
    const [other, third] = await Promise.all([
      real.begin(requestOf('default')).then((begun) => real.ended(begun)),
      real.begin(requestOf('failure')).then((begun) => real.ended(begun)),
    ]);
    const all = [run, other, third];
    const members = (each: RunRecord): object => ({ ...each, native: null });
    const sorted = (runs: readonly RunRecord[]): object[] =>
      runs.toSorted((a, b) => (a.nativeId < b.nativeId ? -1 : 1)).map(members);
    expect(sorted(await shownBy(real.parts().runs.getMany(all.map(refOf), signal())))).toEqual(
      sorted(all),
    );
    const ids = new Set(all.map(({ nativeId }) => nativeId));
    const since = await real.parts().runs.since(run.createdAt ?? '', signal());
    expect(sorted(since.filter(({ nativeId }) => ids.has(nativeId)))).toEqual(sorted(all));
  });
});

test('many runs are found by their marks, those of others beside them', async () => {
  const proxy = await startProxy(url);
  const behind = connect(proxy.url);
  const createdAt = new Date().toISOString();
  const own = await Promise.all(
    [real.open, real.open, real.byPath].map((by) => real.begin(requestOf('default'), by)),
  );
  const ids = await Promise.all([1, 2].map(() => start(realServer(), { entryPoint: 'default' })));
  const foreign = ids.map((nativeId) => ({ nativeId, process: keyOf('default'), createdAt }));
  const look = async (runs: readonly RunRef[]): Promise<readonly string[]> => {
    const from = proxy.requests.length;
    const refs = runs.map((run) => ({ ...run, createdAt }));
    const shown = await shownBy(partsOf(behind).runs.getMany(refs, signal()));
    expect(shown.map(({ nativeId }) => nativeId).sort()).toEqual(
      runs.map(({ nativeId }) => nativeId).sort(),
    );
    return proxy.requests.slice(from);
  };
  const byMark = expect.stringContaining('meta.gatewayRunId.startsWith=r-');
  expect(await look(own)).toEqual([byMark]);
  expect(await look([...own, ...foreign])).toEqual([byMark, expect.not.stringContaining('meta.')]);
  const place = 'orgName=Default&projectName=platform-checks&limit=1000';
  const { text } = await send(realServer(), {
    method: 'GET',
    path: `/api/v2/process?${place}&meta.gatewayRunId.startsWith=r-`,
  });
  const marked = (JSON.parse(text) as { instanceId: string }[]).map((run) => run.instanceId);
  expect(marked).toEqual(expect.arrayContaining(own.map(({ nativeId }) => nativeId)));
  for (const id of ids) expect(marked).not.toContain(id);
  await behind.close();
  await proxy.close();
});

describe('the course of a run', () => {
  test('that fails has its reason, and can begin anew', async () => {
    const run = await real.begin(requestOf('failure'));
    const reason = { code: null, message: 'no such invoice' };
    expect(await real.ended(run)).toMatchObject({ status: 'failed', error: reason });
    expect(await real.parts().restart.restart(run, signal())).toBe(true);
    expect(await real.parts().runs.get(run.nativeId, signal())).toMatchObject({
      error: null,
      finishedAt: null,
    });
    await expect(real.parts().restart.restart(run, signal())).rejects.toMatchObject({
      code: 'conflict',
    });
    expect((await real.ended(run)).status).toBe('failed');
  });

  test('can be stopped, and stopped again', async () => {
    const run = await real.begin(requestOf('sleep', { input: { seconds: 600 } }));
    await real.until(run, 'running');
    const stop = (cascade: boolean): Promise<boolean> =>
      real.parts().cancel.cancel(run, { force: false, cascade }, signal());
    expect([await stop(false), await stop(true)]).toEqual([true, true]);
    expect((await real.ended(run)).status).toBe('cancelled');
    expect(await stop(false)).toBe(true);
  });

  test('that waits for an event goes on with it', async () => {
    const run = await real.begin(requestOf('waiting'));
    expect((await real.until(run, 'suspended')).form).toBeNull();
    const resume = (event: string): Promise<boolean> =>
      real.parts().resume.resume(run, event, {}, signal());
    await expect(resume('nope')).rejects.toThrow('It waits for "go".');
    expect(await resume('go')).toBe(true);
    expect((await real.ended(run)).status).toBe('succeeded');
    await expect(resume('go')).rejects.toMatchObject({ code: 'conflict' });
  });

  test('that waits for a person leads to the form', async () => {
    const run = await real.begin(requestOf('approval'));
    const record = await real.until(run, 'suspended');
    expect(record.form).toBe(`${url}/#/process/${run.nativeId}/wizard`);
    await expect(real.parts().resume.resume(run, 'go', {}, signal())).rejects.toThrow(/form/);
    await send(realServer(), {
      method: 'POST',
      path: `/api/v1/process/${run.nativeId}/form/approval`,
      headers: { 'content-type': 'application/json' },
      body: '{"approved":true}',
    });
    expect(await real.ended(run)).toMatchObject({ status: 'succeeded', form: null });
  });

  test('that is not there is nowhere', async () => {
    const run = { nativeId: randomUUID(), process: null, createdAt: null };
    const { runs, log, attachments, cancel, restart, resume } = real.parts();
    expect(await runs.get(run.nativeId, signal())).toBeNull();
    expect(await shownBy(runs.getMany([run], signal()))).toEqual([]);
    expect(log.kind === 'bytes' && (await log.read(run.nativeId, 0, null, signal()))).toBeNull();
    expect(await attachments.list(run, signal())).toBeNull();
    for (const cascade of [false, true])
      expect(await cancel.cancel(run, { force: false, cascade }, signal())).toBe(false);
    expect(await restart.restart(run, signal())).toBe(false);
    expect(await resume.resume(run, 'go', {}, signal())).toBe(false);
  });

  test('of every run of this server can be read', async () => {
    const all = await real.parts().runs.since('2000-01-01T00:00:00.000Z', signal());
    expect(all.length).toBeGreaterThan(10);
    all.forEach(expectRecord);
    expect(all.some(({ status }) => isEnd(status))).toBe(true);
  });
});
