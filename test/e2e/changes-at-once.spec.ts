import { describe, expect, it, jest } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Operation } from '../../src/domain/operation.ts';
import type { ProcessDetail } from '../../src/domain/process.ts';
import type { Version } from '../../src/domain/version.ts';
import type { Problem } from '../../src/http/problem.ts';
import { change } from '../support/changes.ts';
import { eventually } from '../support/eventually.ts';
import { Stage } from '../support/gateway.ts';
import { at, get, list } from '../support/http.ts';
import { newKey } from '../support/runs.ts';
import { ChangedOdsl, configuration } from './changes/changed-odsl.ts';

jest.setTimeout(120_000);

const odsl = new ChangedOdsl();

describe('an Idempotency-Key', () => {
  it('makes 20 equal changes at once one, and answers later ones as the first', async () => {
    const id = odsl.newId();
    const key = newKey();
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => change(odsl.gateway, 'put', at(id), configuration, key)),
    );
    const done = answers.filter(({ status }) => status !== 409);
    expect(new Set(done.map(({ body }) => body.id)).size).toBe(1);
    expect(odsl.saved(id)).toBe(1);
    const again = await change(odsl.gateway, 'put', at(id), configuration, key);
    expect([again.status, again.headers['idempotency-replayed']]).toEqual([201, '?1']);
    const other = await change<Problem>(odsl.gateway, 'put', at(id), { script: 'x' }, key);
    expect([other.status, other.body.code]).toEqual([422, 'idempotency_key_reused']);
  });

  it('is given back by a change that was refused before anything was stored', async () => {
    const id = await odsl.made();
    const key = newKey();
    const path = at(id, '/rollback');
    const asked = await change<Problem>(odsl.gateway, 'post', path, null, key);
    expect([asked.status, asked.body['confirm']]).toEqual([409, 'delete']);
    const done = await change(odsl.gateway, 'post', `${path}?confirm=delete`, null, key);
    expect(done.status).toBe(200);
    expect((await get(odsl.gateway, at(id))).status).toBe(404);
  });

  it('answers a deletion as the equal one that has done it meanwhile, not 404', async () => {
    const id = await odsl.made();
    const replica = await odsl.stage.gateway();
    const key = newKey();
    // The first to come reads so slowly that the other is done before.
    const path = `/process/v1/${id.slice('odsl:'.length)}`;
    const before = odsl.askedFor('odsl', path);
    const { faults } = odsl.stage.sandbox('odsl');
    faults.add({ method: 'GET', path, times: 1, fault: { kind: 'latency', ms: 4_000 } });
    const slow = change(replica, 'delete', at(id), null, key);
    await eventually(() => {
      expect(odsl.askedFor('odsl', path)).toBeGreaterThan(before);
    });
    const quick = await change(odsl.gateway, 'delete', at(id), null, key);
    const { status, headers } = await slow;
    expect([quick.status, status, headers['idempotency-replayed']]).toEqual([204, 204, '?1']);
    expect(headers['link']).toBe(quick.headers['link']);
    const deleted = odsl.stage.sandbox('odsl').ledger();
    expect(deleted.filter(({ effect }) => effect === 'process.deleted')).toHaveLength(1);
  });
});

describe('two changes of one process', () => {
  it('are not made at once: the second is told to come back', async () => {
    const id = await odsl.made();
    odsl.hit({ kind: 'latency', ms: 1_500 });
    const first = change(odsl.gateway, 'patch', at(id), { description: 'A' });
    await sleep(500);
    const key = newKey();
    const second = await change<Problem>(odsl.gateway, 'patch', at(id), { enabled: false }, key);
    expect([second.status, second.body.retryable, second.headers['retry-after']]).toEqual([
      409,
      true,
      '1',
    ]);
    expect(second.body['operation']).toBe((await first).body.id);
    const again = await change(odsl.gateway, 'patch', at(id), { enabled: false }, key);
    expect(again.status).toBe(200);
    const { body } = await get<ProcessDetail>(odsl.gateway, at(id));
    expect([body.description, body.enabled]).toEqual(['A', false]);
  });

  it('that name one version let one through', async () => {
    const id = await odsl.made();
    const answers = await Promise.all(
      Array.from({ length: 8 }, (_, each) =>
        change(
          odsl.gateway,
          'put',
          at(id),
          { ...configuration, script: `return ${each}` },
          {
            'if-match': '"1"',
          },
        ),
      ),
    );
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect((await get<Version>(odsl.gateway, at(id, '/versions/latest'))).body.version).toBe('2');
    // Until the first has ended nobody can say whether the version stays: then they are to ask again.
    const losers = answers.filter(({ status }) => status !== 200);
    for (const { status, body } of losers)
      expect([status, (body as unknown as Problem).retryable]).toEqual(
        status === 412 ? [412, false] : [409, true],
      );
  });

  it('are not made at once where one of them gets the key of the other', async () => {
    const [id, other] = [await odsl.made(), odsl.newId()];
    odsl.hit({ kind: 'latency', ms: 1_500 }, 'PUT');
    const renaming = change(odsl.gateway, 'patch', at(id), { key: other.slice('odsl:'.length) });
    await sleep(500);
    const second = await change<Problem>(odsl.gateway, 'put', at(other), configuration);
    expect([second.status, second.body.retryable]).toEqual([409, true]);
    const renamed = await renaming;
    expect(second.body['operation']).toBe(renamed.body.id);
    expect([renamed.status, renamed.body.result?.items[0]?.effect]).toEqual([200, 'renamed']);
  });

  it('of flows of one repository are changes of the same', async () => {
    const [one = '', other = ''] = (await list(odsl.gateway, '?connection=concord')).body.data
      .map(({ id }) => id)
      .filter((id) => id.includes('platform-checks'));
    const query = '?confirm=repository';
    const answers = await Promise.all([
      change(odsl.gateway, 'patch', at(one, query), { enabled: false }),
      change(odsl.gateway, 'patch', at(other, query), { enabled: true }),
    ]);
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 409]);
    await change(odsl.gateway, 'patch', at(one, query), { enabled: true });
  });

  it('are refused a condition that no platform can hold', async () => {
    const id = odsl.newId();
    const answer = await change<Problem>(odsl.gateway, 'put', at(id), configuration, {
      'if-none-match': '*',
    });
    expect([answer.status, (answer.body['errors'] as { at: string }[])[0]?.at]).toEqual([
      400,
      'If-None-Match',
    ]);
  });
});

describe('a change that others overtake before it is sent', () => {
  it('has failed its condition where it named the version', async () => {
    const slow = await Stage.open();
    const config = { redis: { prefix: `${slow.prefix}.others` } };
    const [mine, theirs] = await Promise.all([
      slow.gateway(),
      slow.gateway({ config }),
      slow.worker({ config }),
    ]);
    try {
      const path = at('odsl:OVERTAKEN');
      await change(theirs, 'put', path, configuration);
      const headers = { 'if-match': '"1"' };
      const body = { ...configuration, script: 'return 2' };
      const queued = await change(mine, 'put', `${path}?wait=0`, body, headers);
      expect([queued.status, queued.body.phase]).toEqual([202, 'queued']);
      await change(theirs, 'put', path, { ...configuration, script: 'return 3' });
      await slow.worker();
      const { href } = queued.body.links.self;
      const ended = await get<Operation>(mine, `${href}?wait=20`);
      expect(ended.body).toMatchObject({
        status: 'failed',
        outcome: 'rejected',
        problem: { code: 'precondition_failed' },
      });
    } finally {
      await slow.close();
    }
  });
});
