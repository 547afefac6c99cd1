import { describe, expect, it, jest } from '@jest/globals';
import { createHash } from 'node:crypto';
import type { Run } from '../../src/domain/run.ts';
import {
  archive,
  ArchiveStage,
  connection,
  entryPoint,
  smoke,
  zip,
} from '../support/archive-stage.ts';
import { eventually } from '../support/eventually.ts';
import { sendBody } from '../support/form.ts';
import { ended, newKey, runThat } from '../support/runs.ts';

jest.setTimeout(120_000);

const concord = new ArchiveStage();

describe('a start with files', () => {
  it('brings all of them to the platform as they are, and keeps none', async () => {
    const random = createHash('sha512').update('bytes').digest();
    const before = concord.starts();
    const { status, headers, body } = await concord.post([
      ['notes.txt', Buffer.from('no parameter\r\n--'), 'notes.txt', 'text/plain'],
      ['arguments.greeting.text', 'schöne Grüße'],
      archive,
      ['data/bytes.bin', random, 'bytes.bin'],
      ['request', '{"arguments": {"count": 3}, "tags": ["files"]}'],
      entryPoint,
      connection,
    ]);
    expect([status, body.status, body.process]).toEqual([202, 'queued', null]);
    expect(headers['location']).toBe(`/v1/runs/${encodeURIComponent(body.id)}`);
    expect(body.input).toEqual({
      arguments: { count: 3 },
      tags: ['files'],
      'arguments.greeting.text': 'schöne Grüße',
    });
    const run = await ended(concord.gateway, body.id);
    expect([run.status, run.outcome, run.process]).toEqual(['succeeded', 'applied', null]);
    expect(concord.starts()).toBe(before + 1);
    const sent = [...concord.received.values()].map(({ name, type, content }) => [
      name,
      type,
      content,
    ]);
    expect(sent).toEqual(
      expect.arrayContaining([
        ['archive', 'application/octet-stream', zip],
        ['notes.txt', 'application/octet-stream', Buffer.from('no parameter\r\n--')],
        ['data/bytes.bin', 'application/octet-stream', random],
        ['arguments.greeting.text', 'text/plain', Buffer.from('schöne Grüße')],
        ['entryPoint', 'text/plain', Buffer.from('main')],
      ]),
    );
    expect(JSON.parse(concord.received.get('request')?.content.toString() ?? '')).toEqual({
      arguments: { count: 3 },
      tags: ['files'],
    });
    await eventually(() => {
      expect(concord.kept()).toEqual([]);
    });
  });

  it.each([
    ['was lost on its way', 'reset'],
    ['was lost on its way back', 'resetAfterEffect'],
  ] as const)(
    'that %s runs once all the same, long before an upload could end',
    async (_name, kind) => {
      const before = concord.starts();
      concord.stage.sandbox('concord').faults.add({
        method: 'POST',
        path: '^/api/v1/process$',
        times: 1,
        fault: { kind },
      });
      const { body } = await concord.post([archive, entryPoint, connection]);
      const run = await runThat(concord.gateway, body.id, ({ final }) => final, 60_000);
      expect([run.status, run.outcome]).toEqual(['succeeded', 'applied']);
      expect(concord.starts()).toBe(before + 1);
    },
  );

  it('of a process needs no archive', async () => {
    const { body } = await concord.post([
      ['process', smoke],
      ['list.csv', Buffer.from('a,b'), 'x.csv'],
    ]);
    const run = await ended(concord.gateway, body.id);
    expect([run.process, run.status]).toEqual([smoke, 'succeeded']);
    expect(concord.received.get('list.csv')?.content.toString()).toBe('a,b');
    expect(concord.received.get('repo')?.content.toString()).toBe('main');
  });

  it('waits for the end and its output when asked to', async () => {
    const { status, headers, body } = await concord.post(
      [connection, archive, entryPoint, ['request', '{"out": ["answer"]}']],
      { prefer: 'wait=40' },
    );
    expect([status, headers['preference-applied']]).toEqual([200, 'wait=40']);
    expect([body.status, body.output]).toEqual(['succeeded', { answer: 42 }]);
  });

  it.each(['application/zip', 'application/octet-stream'])(
    'may be nothing but a ZIP as %s',
    async (type) => {
      const query = '?connection=concord&entryPoint=main&wait=40';
      const { status, body } = await sendBody<Run>(concord.gateway, `/v1/runs${query}`, zip, {
        'content-type': type,
      });
      expect([status, body.status]).toEqual([200, 'succeeded']);
      expect(concord.received.get('archive')?.content).toEqual(zip);
      expect(concord.received.get('entryPoint')?.content.toString()).toBe('main');
    },
  );

  it('is done once for each key, whatever the order of its parts and its boundary', async () => {
    const before = concord.starts();
    const [key, file] = [newKey(), ['a.txt', Buffer.from('a'), 'a.txt'] as const];
    const parts = [connection, archive, entryPoint, ['x', '1'] as const, file];
    const first = await concord.post(parts, key);
    const again = await concord.post([...parts].reverse(), key);
    expect([again.status, again.body.id]).toEqual([202, first.body.id]);
    expect(again.headers['idempotency-replayed']).toBe('?1');
    for (const other of [
      [connection, archive, entryPoint, ['x', '2'] as const, file],
      [
        connection,
        archive,
        entryPoint,
        ['x', '1'] as const,
        ['a.txt', Buffer.from('b'), 'a'] as const,
      ],
    ]) {
      const { status, body } = await concord.refused(other, key);
      expect([status, body.code]).toEqual([422, 'idempotency_key_reused']);
    }
    await ended(concord.gateway, first.body.id);
    expect(concord.starts()).toBe(before + 1);
    await eventually(() => {
      expect(concord.kept()).toEqual([]);
    });
  });

  it('is done once when many come at once', async () => {
    const before = concord.starts();
    const key = newKey();
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => concord.post([connection, archive, entryPoint], key)),
    );
    for (const { status } of answers) expect([202, 409]).toContain(status);
    const [first] = answers.filter(({ status }) => status === 202);
    await ended(concord.gateway, first?.body.id ?? '');
    expect(concord.starts()).toBe(before + 1);
    await eventually(() => {
      expect(concord.kept()).toEqual([]);
    });
  });

  it('is sent again with its files when nothing of it was taken', async () => {
    const busy = { method: 'POST', path: '/api/v1/process$', times: 1 };
    concord.stage
      .sandbox('concord')
      .faults.add({ ...busy, fault: { kind: 'status', status: 429 } });
    const before = concord.starts();
    const { body } = await concord.post([connection, archive, entryPoint], { prefer: 'wait=40' });
    expect([body.status, body.outcome]).toEqual(['succeeded', 'applied']);
    expect(concord.starts()).toBe(before + 1);
    expect(concord.received.get('archive')?.content).toEqual(zip);
  });
});
