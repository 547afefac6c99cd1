import { describe, expect, it, jest } from '@jest/globals';
import type { Plan } from '../../src/domain/operation.ts';
import type { ProcessDetail } from '../../src/domain/process.ts';
import type { Version } from '../../src/domain/version.ts';
import type { Problem } from '../../src/http/problem.ts';
import { change } from '../support/changes.ts';
import { at, get, list } from '../support/http.ts';
import { ChangedOdsl, configuration } from './changes/changed-odsl.ts';

jest.setTimeout(120_000);

const odsl = new ChangedOdsl();

describe('PUT of a process', () => {
  it('makes it, and the next list and the next read show it', async () => {
    const id = odsl.newId();
    expect((await get(odsl.gateway, at(id))).status).toBe(404);
    await list(odsl.gateway, '?connection=odsl');
    const answer = await change(odsl.gateway, 'put', at(id), configuration);
    expect([answer.status, answer.headers['location']]).toEqual([201, at(id)]);
    expect(answer.body).toMatchObject({
      kind: 'put_process',
      process: id,
      status: 'succeeded',
      final: true,
      outcome: 'applied',
      result: { items: [{ process: id, effect: 'created', version: '1' }] },
      problem: null,
    });
    const shown = await get<ProcessDetail>(odsl.gateway, at(id));
    expect([shown.status, shown.body.configuration?.['script']]).toEqual([200, 'return 1']);
    const key = id.slice('odsl:'.length);
    expect((await list(odsl.gateway, `?connection=odsl&key=${key}`)).body.data).toHaveLength(1);
  });

  it('replaces it once the version is the one that was read, and does nothing where all stands', async () => {
    const id = await odsl.made();
    const next = { ...configuration, script: 'return 2' };
    const stale = await change<Problem>(odsl.gateway, 'put', at(id), next, { 'if-match': '"7"' });
    expect([stale.status, stale.body.code, stale.body.outcome]).toEqual([
      412,
      'precondition_failed',
      'not_sent',
    ]);
    const answer = await change(odsl.gateway, 'put', at(id), next, { 'if-match': '"1"' });
    expect([answer.status, answer.body.result?.items[0]?.effect]).toEqual([200, 'updated']);
    const again = await change(odsl.gateway, 'put', at(id), next);
    expect([again.status, again.body.result?.items[0]?.effect]).toEqual([200, 'unchanged']);
    expect((await get<Version>(odsl.gateway, at(id, '/versions/latest'))).body.version).toBe('2');
  });

  it('with validateOnly says what it would do, and does nothing', async () => {
    const id = odsl.newId();
    const answer = await change<Plan>(
      odsl.gateway,
      'put',
      at(id, '?validateOnly=true'),
      configuration,
    );
    expect([answer.status, answer.body.items[0]?.effect]).toEqual([200, 'created']);
    expect((await get(odsl.gateway, at(id))).status).toBe(404);
  });

  it('of what the platform keeps as files is 501, and asks it nothing', async () => {
    const answer = await change<Problem>(odsl.gateway, 'put', at('uipath:New'), configuration);
    expect([answer.status, answer.body.code, answer.body.outcome]).toEqual([
      501,
      'capability_not_supported',
      'not_sent',
    ]);
    expect(odsl.askedFor('uipath', 'New')).toBe(0);
  });

  it('refuses what is no object, a weak tag, and an id that cannot be', async () => {
    const id = odsl.newId();
    const odd = await change<Problem>(odsl.gateway, 'put', at(id), [1]);
    expect([odd.status, odd.body.outcome]).toEqual([400, 'not_sent']);
    const weak = await change<Problem>(odsl.gateway, 'put', at(id), {}, { 'if-match': 'W/"1"' });
    expect([weak.status, (weak.body['errors'] as { at: string }[])[0]?.at]).toEqual([
      400,
      'If-Match',
    ]);
    expect((await change(odsl.gateway, 'put', at('nowhere:X'), [1])).status).toBe(404);
    const query = await change<Problem>(odsl.gateway, 'put', at(id, '?confirm=all'), configuration);
    expect(query.status).toBe(400);
  });
});

describe('versions and names', () => {
  it('are tagged, rolled back, deleted and renamed', async () => {
    const id = await odsl.made();
    await change(odsl.gateway, 'put', at(id), { ...configuration, script: 'return 2' });
    const tagged = await change(odsl.gateway, 'put', at(id, '/versions/latest/tags/stable'));
    expect([tagged.status, tagged.body.result?.items[0]]).toMatchObject([
      200,
      { effect: 'tagged', version: '2' },
    ]);
    expect((await get<Version>(odsl.gateway, at(id, '/versions/stable'))).body.version).toBe('2');
    const wrong = await change<Problem>(odsl.gateway, 'put', at(id, '/versions/1/tags/123'));
    expect([wrong.status, (wrong.body['errors'] as { at: string }[])[0]?.at]).toEqual([400, 'tag']);
    expect((await change(odsl.gateway, 'post', at(id, '/rollback'))).status).toBe(200);
    expect((await get<Version>(odsl.gateway, at(id, '/versions/latest'))).body.version).toBe('1');
    const sole = await change<Problem>(odsl.gateway, 'delete', at(id, '/versions/1'));
    expect([sole.status, sole.body['confirm']]).toEqual([409, 'delete']);
    const newId = odsl.newId();
    const renamed = await change(odsl.gateway, 'patch', at(id), {
      key: newId.slice('odsl:'.length),
    });
    expect([renamed.status, renamed.headers['location']]).toEqual([200, at(newId)]);
    expect(renamed.body.result?.items[0]?.process).toBe(newId);
    expect((await get(odsl.gateway, at(id))).status).toBe(404);
    const gone = await change(odsl.gateway, 'delete', at(newId));
    expect([gone.status, gone.text]).toEqual([204, '']);
    expect((await get(odsl.gateway, at(newId))).status).toBe(404);
  });

  it('refuses members that the platform cannot change, naming them, without asking it', async () => {
    const id = 'odsl:NOBODY_KNOWS';
    const { status, body } = await change<Problem>(odsl.gateway, 'patch', at(id), {
      labels: ['a'],
    });
    expect(odsl.askedFor('odsl', 'NOBODY_KNOWS')).toBe(0);
    expect([status, body.code, (body['errors'] as { at: string }[])[0]?.at]).toEqual([
      501,
      'capability_not_supported',
      'labels',
    ]);
    const nothing = await change<Problem>(odsl.gateway, 'patch', at(id), {});
    expect(nothing.status).toBe(400);
  });

  it('are not changed all together by the id of one of them', async () => {
    const id = 'uipath:SmokeTest:1.0.0';
    for (const answer of [
      await change<Problem>(odsl.gateway, 'delete', at(id, '?confirm=undeploy')),
      await change<Problem>(odsl.gateway, 'patch', at(id), { enabled: true }),
    ]) {
      expect([answer.status, answer.body.outcome]).toEqual([400, 'not_sent']);
      expect(answer.body['errors']).toEqual([{ at: 'id', message: 'must be uipath:SmokeTest' }]);
    }
  });

  it('are not changed under a condition that nothing is held against', async () => {
    const id = await odsl.made();
    const answer = await change<Problem>(odsl.gateway, 'delete', at(id), null, {
      'if-match': '"7"',
    });
    expect([answer.status, (answer.body['errors'] as { at: string }[])[0]?.at]).toEqual([
      400,
      'If-Match',
    ]);
    expect((await get(odsl.gateway, at(id))).status).toBe(200);
  });

  it('that only run elsewhere now are nothing new', async () => {
    const path = at('uipath:SmokeTest', '/versions/1.0.0');
    const { status, headers } = await change(odsl.gateway, 'patch', path, { active: true });
    expect([status, headers['location']]).toEqual([200, undefined]);
  });
});
