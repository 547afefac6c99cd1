import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { randomUUID } from 'node:crypto';
import { buffer } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { connectionFields } from '../../config/connection.config.ts';
import { Secret } from '../../config/secret.ts';
import type { AdapterParts } from '../../domain/adapter.ts';
import type { LogBytes, RunRecord, RunRef, RunStatus } from '../../domain/run.ts';
import { concordSandbox } from '../../sandbox/concord/concord.sandbox.ts';
import { type Sandbox, startSandbox } from '../../sandbox/kit/sandbox.ts';
import { UpstreamFactory } from '../../upstream/upstream.factory.ts';
import type { ConcordConfig } from './concord.config.ts';
import { ConcordConnector } from './concord.module.ts';

let sandbox: Sandbox;
const upstreams = new UpstreamFactory();

beforeAll(async () => {
  sandbox = await startSandbox(concordSandbox);
});
afterEach(() => {
  sandbox.faults.clear();
});
afterAll(async () => {
  await upstreams.onApplicationShutdown();
  await sandbox.close();
});

const signal = (): AbortSignal => AbortSignal.timeout(20_000);

function parts(changes: Partial<ConcordConfig> = {}): AdapterParts {
  return new ConcordConnector(upstreams).open({
    ...z.object(connectionFields).parse({ baseUrl: sandbox.url }),
    id: 'concord',
    platform: 'concord',
    startStyle: 'auto',
    auth: { type: 'apiKey', key: new Secret(() => 'sandbox-secret'), scheme: 'raw' },
    ...changes,
  }).parts as AdapterParts;
}

async function start(entryPoint: string, input: object = {}): Promise<RunRef> {
  const body = new FormData();
  const place = { org: 'Default', project: 'platform-checks', repo: 'main', entryPoint };
  for (const [name, value] of Object.entries({ ...place, out: 'greeting' })) body.set(name, value);
  const request = JSON.stringify({ arguments: input });
  body.set('request', new Blob([request], { type: 'application/json' }), 'request');
  const answer = await fetch(`${sandbox.url}/api/v1/process`, {
    method: 'POST',
    headers: { authorization: 'sandbox-secret' },
    body,
  });
  return refTo(((await answer.json()) as { instanceId: string }).instanceId);
}

async function until({ nativeId }: RunRef, ...statuses: readonly RunStatus[]): Promise<RunRecord> {
  for (const end = Date.now() + 12_000; Date.now() < end;) {
    const run = await parts().runs.get(nativeId, signal());
    if (run !== null && statuses.includes(run.status)) return run;
    await sleep(50);
  }
  throw new Error(`it never was ${statuses.join(' or ')}`);
}

const refTo = (nativeId: string): RunRef => ({ nativeId, process: null, createdAt: null });
const gently = { force: false, cascade: false };
const effects = (name: string): number =>
  sandbox.ledger().filter(({ effect }) => effect === name).length;
const impossible = ['', 'x', '..', `${randomUUID()}/..`];

describe('a cancel', () => {
  test('stops a run once, however often it is asked', async () => {
    const run = await start('sleep', { seconds: 60 });
    await until(run, 'running');
    const before = effects('run.stopped');
    for (let times = 0; times < 3; times += 1)
      expect(await parts().cancel.cancel(run, gently, signal())).toBe(true);
    await until(run, 'cancelled');
    expect(await parts().cancel.cancel(run, { force: true, cascade: true }, signal())).toBe(true);
    expect(effects('run.stopped')).toBe(before + 1);
  });

  test('takes along what the run has started, where that is wanted', async () => {
    const run = await start('sleep', { seconds: 60 });
    sandbox.forget();
    await parts().cancel.cancel(run, { force: false, cascade: true }, signal());
    expect(sandbox.requests()).toEqual([`DELETE /api/v1/process/${run.nativeId}/cascade`]);
  });

  test('of what is not there says so', async () => {
    for (const id of [...impossible, randomUUID()])
      for (const cascade of [false, true])
        expect(await parts().cancel.cancel(refTo(id), { force: false, cascade }, signal())).toBe(
          false,
        );
  });

  test('reaches no organization but those of the connection', async () => {
    const run = await start('sleep', { seconds: 60 });
    const before = effects('run.stopped');
    const limited = parts({ organizations: ['Finance'] });
    for (const process of [null, 'Default:platform-checks:main:sleep'])
      expect(await limited.cancel.cancel({ ...run, process }, gently, signal())).toBe(false);
    expect(effects('run.stopped')).toBe(before);
    await parts().cancel.cancel(run, gently, signal());
  });
});

describe('a write for which something has to be read first', () => {
  test.each([503, 403])('has not left when that is answered %d', async (status) => {
    const run = refTo(randomUUID());
    const limited = parts({ organizations: ['Finance'] });
    sandbox.faults.add({ method: 'GET', path: '^/api/v2/', fault: { kind: 'status', status } });
    sandbox.forget();
    const writes = [
      () => parts().restart.restart(run, signal()),
      () => limited.resume.resume(run, 'go', {}, signal()),
      () => limited.cancel.cancel(run, gently, signal()),
    ];
    for (const write of writes)
      await expect(write()).rejects.toMatchObject({
        details: { sent: 'no', upstream: { status } },
      });
    expect(sandbox.requests().filter((request) => !request.startsWith('GET'))).toEqual([]);
  });
});

describe('a restart', () => {
  test('begins a run anew under its id', async () => {
    const run = await start('failure');
    const failed = await until(run, 'failed');
    expect(failed.error).toEqual({ code: null, message: 'no such invoice' });
    expect(await parts().restart.restart(run, signal())).toBe(true);
    const again = await parts().runs.get(run.nativeId, signal());
    expect(again).toMatchObject({ finishedAt: null, error: null });
    await until(run, 'failed');
  });

  test('of a run that has not ended is a conflict, whoever notices', async () => {
    const run = await start('sleep', { seconds: 60 });
    const refused = { code: 'conflict', details: { connection: 'concord', platform: 'concord' } };
    await expect(parts().restart.restart(run, signal())).rejects.toMatchObject(refused);
    const body = JSON.stringify({ instanceId: run.nativeId, status: 'FAILED' });
    sandbox.faults.add({ path: '^/api/v2/', fault: { kind: 'status', status: 200, body } });
    await expect(parts().restart.restart(run, signal())).rejects.toMatchObject({
      ...refused,
      details: { outcome: 'rejected', upstream: { status: 409 } },
    });
    sandbox.faults.clear();
    await parts().cancel.cancel(run, gently, signal());
  });

  test('of a run that another one has started names that one', async () => {
    const [nativeId, parentInstanceId] = [randomUUID(), randomUUID()];
    const body = JSON.stringify({ instanceId: nativeId, status: 'FAILED', parentInstanceId });
    sandbox.faults.add({ path: '^/api/v2/', fault: { kind: 'status', status: 200, body } });
    await expect(parts().restart.restart(refTo(nativeId), signal())).rejects.toThrow(
      parentInstanceId,
    );
  });

  test('of what is not there says so', async () => {
    for (const id of [...impossible, randomUUID()])
      expect(await parts().restart.restart(refTo(id), signal())).toBe(false);
  });

  test('is missing on servers before 2.8.0', async () => {
    const versions = { '2.7.4': ['restart'], '2.8.0': [], '1.102.0': ['restart'], own: [] };
    for (const [version, missing] of Object.entries(versions)) {
      const adapter = new ConcordConnector(upstreams).open({
        ...z.object(connectionFields).parse({ baseUrl: sandbox.url }),
        id: 'concord',
        platform: 'concord',
        startStyle: 'auto',
        auth: { type: 'apiKey', key: new Secret(() => 'sandbox-secret'), scheme: 'raw' },
      });
      const fault = { kind: 'status', status: 200, body: JSON.stringify({ version }) } as const;
      sandbox.faults.add({ path: '/server/version', times: 1, fault });
      expect((await adapter.ping(signal())).missing).toEqual(missing);
    }
  });
});

describe('a resume', () => {
  test('lets a run go on that waits for the event', async () => {
    const run = await start('waiting');
    await until(run, 'suspended');
    expect(await parts().resume.resume(run, 'go', { a: 1 }, signal())).toBe(true);
    await until(run, 'succeeded');
  });

  test('with another event names those that it waits for', async () => {
    const run = await start('waiting');
    await until(run, 'suspended');
    const resumed = parts().resume.resume(run, 'gone/away', {}, signal());
    await expect(resumed).rejects.toMatchObject({
      code: 'conflict',
      message: 'It waits for "go".',
      details: { connection: 'concord', outcome: 'rejected', upstream: { status: 400 } },
    });
  });

  test('that is refused stays so when nobody can tell why', async () => {
    const run = await start('waiting');
    await until(run, 'suspended');
    sandbox.faults.add({ method: 'GET', path: '', fault: { kind: 'status', status: 503 } });
    const resumed = parts().resume.resume(run, 'gone/away', {}, signal());
    await expect(resumed).rejects.toMatchObject({
      code: 'conflict',
      details: { connection: 'concord', outcome: 'rejected', upstream: { status: 400 } },
    });
    sandbox.faults.clear();
    await parts().cancel.cancel(run, gently, signal());
  });

  test('of a run that waits for a form, or for nothing, says so', async () => {
    const atForm = await start('approval');
    const done = await start('default');
    await until(atForm, 'suspended');
    await until(done, 'succeeded');
    const resume = (run: RunRef): Promise<boolean> =>
      parts().resume.resume(run, 'go', {}, signal());
    await expect(resume(atForm)).rejects.toThrow('It waits for a form to be filled in.');
    await expect(resume(done)).rejects.toThrow('It waits for nothing: it is FINISHED.');
  });

  test('that came at a bad time is a conflict', async () => {
    const run = await start('waiting');
    await until(run, 'suspended');
    const body = "Process is not suspended, can't resume";
    sandbox.faults.add({ method: 'POST', path: '', fault: { kind: 'status', status: 409, body } });
    sandbox.faults.add({ path: '/state/', fault: { kind: 'status', status: 403 } });
    const resumed = parts().resume.resume(run, 'go', {}, signal());
    await expect(resumed).rejects.toMatchObject({ code: 'conflict' });
  });

  test('needs the name of an event', async () => {
    for (const event of ['', '.', '..'])
      await expect(
        parts().resume.resume(refTo(randomUUID()), event, {}, signal()),
      ).rejects.toMatchObject({ code: 'invalid_request', details: { errors: [{ at: 'event' }] } });
  });

  test('of what is not there says so', async () => {
    for (const id of [...impossible, randomUUID()])
      expect(await parts().resume.resume(refTo(id), 'go', {}, signal())).toBe(false);
  });
});

describe('a log', () => {
  const read = async (
    { nativeId }: RunRef,
    from: number,
    to: number | null,
  ): Promise<LogBytes & { readonly bytes: Buffer }> => {
    const log = parts().log;
    if (log.kind !== 'bytes') throw new Error('no bytes');
    const found = await log.read(nativeId, from, to, signal());
    if (found === null) throw new Error('no log');
    const chunks: Uint8Array[] = [];
    for await (const chunk of found.content) chunks.push(chunk);
    return { ...found, bytes: Buffer.concat(chunks) };
  };

  test('holds every byte that is asked for, across the borders of chunks and characters', async () => {
    const run = await start('chatter', { lines: ['äöü', '日本語', '👩‍👩‍👧', 'x'.repeat(3_000)] });
    await until(run, 'succeeded');
    const { bytes: all, size } = await read(run, 0, null);
    expect(all.length).toBe(size);
    expect(all.toString('utf8')).toContain('line 日本語\n');
    const at = fc.nat({ max: size + 5 });
    await fc.assert(
      fc.asyncProperty(at, fc.option(at), async (one, other) => {
        const [from, to] =
          other === null ? [one, null] : [Math.min(one, other), Math.max(one, other)];
        const part = await read(run, from, to);
        expect(part.bytes).toEqual(all.subarray(part.start, part.end));
        expect(part.size).toBe(size);
        const wanted = all.subarray(from, to ?? size);
        const got = part.bytes.subarray(from - part.start, (to ?? size) - part.start);
        if (wanted.length > 0) expect(got).toEqual(wanted);
      }),
      { numRuns: 60 },
    );
  });

  test('has nothing beyond its end yet, and at once what comes', async () => {
    const run = await start('sleep', { seconds: 1 });
    let text = '';
    for (let next = 0, ended = false; ;) {
      const { bytes, start: first, end } = await read(run, next, null);
      text += bytes.subarray(Math.max(next - first, 0)).toString('utf8');
      next = Math.max(next, end);
      if (ended) break;
      ended = (await parts().runs.get(run.nativeId, signal()))?.status === 'succeeded';
      await sleep(100);
    }
    expect(text).toBe((await read(run, 0, null)).bytes.toString('utf8'));
    expect(text).toMatch(/awake\n/);
  });

  test('of a failed start tells why', async () => {
    const run = await start('no such flow');
    expect((await until(run, 'failed')).error).toBeNull();
    expect((await read(run, 0, null)).bytes.toString('utf8')).toContain('Flow not found');
  });

  test.each([
    ['without a range', {}, 'upstream_contract'],
    ['with a range that is none', { 'content-range': 'bytes */7' }, 'upstream_contract'],
    ['with a range that runs backwards', { 'content-range': 'bytes 9-3/10' }, 'upstream_contract'],
  ])('%s is no log', async (_name, headers, code) => {
    const fault = { kind: 'status', status: 200, body: 'abc', headers } as const;
    sandbox.faults.add({ path: '/log$', fault });
    await expect(read(refTo(randomUUID()), 0, null)).rejects.toMatchObject({ code });
  });

  test('that is longer or shorter than it says breaks while it is read', async () => {
    const headers = { 'content-range': 'bytes 0-5/5' };
    for (const body of ['abc', 'abcdefgh']) {
      sandbox.faults.clear();
      sandbox.faults.add({ path: '/log$', fault: { kind: 'status', status: 200, body, headers } });
      await expect(read(refTo(randomUUID()), 0, null)).rejects.toMatchObject({
        code: 'upstream_contract',
      });
    }
  });

  test('of what is not there is null', async () => {
    const log = parts().log;
    for (const id of [...impossible, randomUUID()])
      expect(log.kind === 'bytes' && (await log.read(id, 0, null, signal()))).toBeNull();
    const run = await start('default');
    const other = parts({ organizations: ['Finance'] }).log;
    expect(other.kind === 'bytes' && (await other.read(run.nativeId, 0, 5, signal()))).toBeNull();
  });
});

describe('attachments', () => {
  test('are listed and streamed', async () => {
    const run = await start('default');
    await until(run, 'succeeded');
    expect(await parts().attachments.list(run, signal())).toEqual([
      { name: 'out.json', mediaType: null, length: null },
      { name: 'report.csv', mediaType: null, length: null },
    ]);
    const file = await parts().attachments.open(run, 'report.csv', signal());
    expect(file).toMatchObject({
      fileName: 'report.csv',
      mediaType: 'application/octet-stream',
      length: 9,
    });
    expect(file === null ? null : (await buffer(file.content)).toString()).toBe('total,42\n');
  });

  test('lie in folders, and never outside of them', async () => {
    const run = await start('default');
    sandbox.forget();
    for (const name of ['', '/', 'a/', '/a', '..', '../x', 'a/../../x', './a', 'a//b'])
      expect(await parts().attachments.open(run, name, signal())).toBeNull();
    expect(sandbox.requests()).toEqual([]);
    const body = 'x';
    sandbox.faults.add({ path: '/attachment/', fault: { kind: 'status', status: 200, body } });
    const file = await parts().attachments.open(run, 'a b/c?d/%2e%2e/ü.txt', signal());
    file?.content.destroy();
    expect(file?.fileName).toBe('ü.txt');
    expect(sandbox.requests().at(-1)).toBe(
      `GET /api/v1/process/${run.nativeId}/attachment/a%20b/c%3Fd/%252e%252e/%C3%BC.txt`,
    );
  });

  test('that are not there are null', async () => {
    const run = await start('default');
    await until(run, 'succeeded');
    expect(await parts().attachments.open(run, 'nope', signal())).toBeNull();
    for (const id of [...impossible, randomUUID()]) {
      expect(await parts().attachments.list(refTo(id), signal())).toBeNull();
      expect(await parts().attachments.open(refTo(id), 'report.csv', signal())).toBeNull();
    }
  });
});
