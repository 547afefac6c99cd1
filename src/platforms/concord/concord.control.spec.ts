import { describe, expect, test } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import type { RunRef } from '../../domain/run.ts';
import { impossible, refTo, RunningConcord } from './concord.runs.testing.ts';
import { signal } from './concord.testing.ts';

const gently = { force: false, cascade: false };
const concord = new RunningConcord();

describe('a cancel', () => {
  test('stops a run once, however often it is asked', async () => {
    const run = await concord.start('sleep', { seconds: 60 });
    await concord.until(run, 'running');
    const before = concord.effects('run.stopped');
    for (let times = 0; times < 3; times += 1)
      expect(await concord.parts().cancel.cancel(run, gently, signal())).toBe(true);
    await concord.until(run, 'cancelled');
    expect(await concord.parts().cancel.cancel(run, { force: true, cascade: true }, signal())).toBe(
      true,
    );
    expect(concord.effects('run.stopped')).toBe(before + 1);
  });

  test('takes along what the run has started, where that is wanted', async () => {
    const run = await concord.start('sleep', { seconds: 60 });
    concord.sandbox.forget();
    await concord.parts().cancel.cancel(run, { force: false, cascade: true }, signal());
    expect(concord.sandbox.requests()).toEqual([`DELETE /api/v1/process/${run.nativeId}/cascade`]);
  });

  test('of what is not there says so', async () => {
    for (const id of [...impossible, randomUUID()])
      for (const cascade of [false, true])
        expect(
          await concord.parts().cancel.cancel(refTo(id), { force: false, cascade }, signal()),
        ).toBe(false);
  });

  test('reaches no organization but those of the connection', async () => {
    const run = await concord.start('sleep', { seconds: 60 });
    const before = concord.effects('run.stopped');
    const limited = concord.parts({ organizations: ['Finance'] });
    for (const process of [null, 'Default:platform-checks:main:sleep'])
      expect(await limited.cancel.cancel({ ...run, process }, gently, signal())).toBe(false);
    expect(concord.effects('run.stopped')).toBe(before);
    await concord.parts().cancel.cancel(run, gently, signal());
  });
});

describe('a write for which something has to be read first', () => {
  test.each([503, 403])('has not left when that is answered %d', async (status) => {
    const run = refTo(randomUUID());
    const limited = concord.parts({ organizations: ['Finance'] });
    concord.sandbox.faults.add({
      method: 'GET',
      path: '^/api/v2/',
      fault: { kind: 'status', status },
    });
    concord.sandbox.forget();
    const writes = [
      () => concord.parts().restart.restart(run, signal()),
      () => limited.resume.resume(run, 'go', {}, signal()),
      () => limited.cancel.cancel(run, gently, signal()),
    ];
    for (const write of writes)
      await expect(write()).rejects.toMatchObject({
        details: { sent: 'no', upstream: { status } },
      });
    expect(concord.sandbox.requests().filter((request) => !request.startsWith('GET'))).toEqual([]);
  });
});

describe('a restart', () => {
  test('begins a run anew under its id', async () => {
    const run = await concord.start('failure');
    const failed = await concord.until(run, 'failed');
    expect(failed.error).toEqual({ code: null, message: 'no such invoice' });
    expect(await concord.parts().restart.restart(run, signal())).toBe(true);
    const again = await concord.parts().runs.get(run.nativeId, signal());
    expect(again).toMatchObject({ finishedAt: null, error: null });
    await concord.until(run, 'failed');
  });

  test('of a run that has not ended is a conflict, whoever notices', async () => {
    const run = await concord.start('sleep', { seconds: 60 });
    const refused = { code: 'conflict', details: { connection: 'concord', platform: 'concord' } };
    await expect(concord.parts().restart.restart(run, signal())).rejects.toMatchObject(refused);
    const body = JSON.stringify({ instanceId: run.nativeId, status: 'FAILED' });
    concord.sandbox.faults.add({ path: '^/api/v2/', fault: { kind: 'status', status: 200, body } });
    await expect(concord.parts().restart.restart(run, signal())).rejects.toMatchObject({
      ...refused,
      details: { outcome: 'rejected', upstream: { status: 409 } },
    });
    concord.sandbox.faults.clear();
    await concord.parts().cancel.cancel(run, gently, signal());
  });

  test('of a run that another one has started names that one', async () => {
    const [nativeId, parentInstanceId] = [randomUUID(), randomUUID()];
    const body = JSON.stringify({ instanceId: nativeId, status: 'FAILED', parentInstanceId });
    concord.sandbox.faults.add({ path: '^/api/v2/', fault: { kind: 'status', status: 200, body } });
    await expect(concord.parts().restart.restart(refTo(nativeId), signal())).rejects.toThrow(
      parentInstanceId,
    );
  });

  test('of what is not there says so', async () => {
    for (const id of [...impossible, randomUUID()])
      expect(await concord.parts().restart.restart(refTo(id), signal())).toBe(false);
  });

  test('is missing on servers before 2.8.0', async () => {
    const versions = { '2.7.4': ['restart'], '2.8.0': [], '1.102.0': ['restart'], own: [] };
    for (const [version, missing] of Object.entries(versions)) {
      const adapter = concord.adapter();
      const fault = { kind: 'status', status: 200, body: JSON.stringify({ version }) } as const;
      concord.sandbox.faults.add({ path: '/server/version', times: 1, fault });
      expect((await adapter.ping(signal())).missing).toEqual(missing);
    }
  });
});

describe('a resume', () => {
  test('lets a run go on that waits for the event', async () => {
    const run = await concord.start('waiting');
    await concord.until(run, 'suspended');
    expect(await concord.parts().resume.resume(run, 'go', { a: 1 }, signal())).toBe(true);
    await concord.until(run, 'succeeded');
  });

  test('with another event names those that it waits for', async () => {
    const run = await concord.start('waiting');
    await concord.until(run, 'suspended');
    const resumed = concord.parts().resume.resume(run, 'gone/away', {}, signal());
    await expect(resumed).rejects.toMatchObject({
      code: 'conflict',
      message: 'It waits for "go".',
      details: { connection: 'concord', outcome: 'rejected', upstream: { status: 400 } },
    });
  });

  test('that is refused stays so when nobody can tell why', async () => {
    const run = await concord.start('waiting');
    await concord.until(run, 'suspended');
    concord.sandbox.faults.add({ method: 'GET', path: '', fault: { kind: 'status', status: 503 } });
    const resumed = concord.parts().resume.resume(run, 'gone/away', {}, signal());
    await expect(resumed).rejects.toMatchObject({
      code: 'conflict',
      details: { connection: 'concord', outcome: 'rejected', upstream: { status: 400 } },
    });
    concord.sandbox.faults.clear();
    await concord.parts().cancel.cancel(run, gently, signal());
  });

  test('of a run that waits for a form, or for nothing, says so', async () => {
    const atForm = await concord.start('approval');
    const done = await concord.start('default');
    await concord.until(atForm, 'suspended');
    await concord.until(done, 'succeeded');
    const resume = (run: RunRef): Promise<boolean> =>
      concord.parts().resume.resume(run, 'go', {}, signal());
    await expect(resume(atForm)).rejects.toThrow('It waits for a form to be filled in.');
    await expect(resume(done)).rejects.toThrow('It waits for nothing: it is FINISHED.');
  });

  test('that came at a bad time is a conflict', async () => {
    const run = await concord.start('waiting');
    await concord.until(run, 'suspended');
    const body = "Process is not suspended, can't resume";
    concord.sandbox.faults.add({
      method: 'POST',
      path: '',
      fault: { kind: 'status', status: 409, body },
    });
    concord.sandbox.faults.add({ path: '/state/', fault: { kind: 'status', status: 403 } });
    const resumed = concord.parts().resume.resume(run, 'go', {}, signal());
    await expect(resumed).rejects.toMatchObject({ code: 'conflict' });
  });

  test('needs the name of an event', async () => {
    for (const event of ['', '.', '..'])
      await expect(
        concord.parts().resume.resume(refTo(randomUUID()), event, {}, signal()),
      ).rejects.toMatchObject({ code: 'invalid_request', details: { errors: [{ at: 'event' }] } });
  });

  test('of what is not there says so', async () => {
    for (const id of [...impossible, randomUUID()])
      expect(await concord.parts().resume.resume(refTo(id), 'go', {}, signal())).toBe(false);
  });
});
