import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Operation, Plan } from '../../src/domain/operation.ts';
import type { Process } from '../../src/domain/process.ts';
import type { Problem } from '../../src/http/problem.ts';
import { platforms } from '../../src/platforms/all.ts';
import { sandboxes } from '../../src/sandbox/index.ts';
import type { Sandbox } from '../../src/sandbox/kit/sandbox.ts';
import { change } from '../support/changes.ts';
import { eventually } from '../support/eventually.ts';
import { type Gateway, Stage } from '../support/gateway.ts';
import { at, get, list } from '../support/http.ts';
import { importFile, type ImportPlanBody, operationAt, packageOf } from '../support/imports.ts';
import { versionsOf } from '../support/reads.ts';

jest.setTimeout(120_000);

const names = ['frends', 'odsl', 'uipath'] as const;

let stage: Stage;
let gateway: Gateway;
/** A second account on each platform that takes imports, called like it with `-next`; it has the same company. */
const others = new Map<string, Sandbox>();

beforeAll(async () => {
  stage = await Stage.open();
  const connections: Record<string, unknown> = {};
  for (const name of names) {
    const platform = platforms.find((each) => each.name === name);
    const sandbox = await sandboxes[platform?.sandbox ?? '']?.({ port: 0 });
    if (platform === undefined || sandbox === undefined) throw new Error(`no sandbox of ${name}`);
    others.set(name, sandbox);
    connections[`${name}-next`] = { ...platform.sandboxConnection(sandbox.url), sandbox: true };
  }
  const config = { connections };
  [gateway] = await Promise.all([stage.gateway({ config }), stage.worker({ config })]);
});
afterAll(async () => {
  await stage.close();
  await Promise.all([...others.values()].map((sandbox) => sandbox.close()));
});

const promote = <T = Operation>(body: object, query = '', headers = {}) =>
  change<T>(gateway, 'post', `/v1/promotions${query}`, body, headers);

/** Ids of what a connection has, its smoke test first. */
async function processesOf(connection: string): Promise<readonly string[]> {
  const { body } = await list(gateway, `?limit=200&connection=${connection}`);
  const isSmoke = ({ name }: Process): boolean => name === 'Smoke test';
  const [smoke, ...more] = body.data.toSorted((a, b) => Number(isSmoke(b)) - Number(isSmoke(a)));
  return [smoke, ...more].map((each) => each?.id ?? '');
}

const nothingStored = (): Promise<void> =>
  eventually(() => {
    const folder = join(stage.folder, 'files');
    expect(existsSync(folder) ? readdirSync(folder) : []).toEqual([]);
  });

describe('a promotion', () => {
  it('brings new versions of ODSL configurations into another environment', async () => {
    const file = Buffer.from(
      JSON.stringify([
        { _id: 'PROMOTED_A', name: 'PROMOTED_A', service: 'ETL', script: 'return 1' },
        { _id: 'PROMOTED_B', name: 'PROMOTED_B', service: 'ETL', script: 'return 2' },
      ]),
    );
    await importFile(gateway, file, { connection: 'odsl' }, { prefer: 'wait=30' });
    const items = [{ process: 'odsl:PROMOTED_A' }, { process: 'odsl:PROMOTED_B', version: '1' }];
    const plan = await promote<Plan>({ items, to: 'odsl-next' }, '?validateOnly=true');
    expect([plan.status, plan.body.items.map(({ effect }) => effect)]).toEqual([
      200,
      ['created', 'created'],
    ]);
    const { status, body, headers } = await promote({ items, to: 'odsl-next' });
    expect([status, body.kind, body.connection]).toEqual([202, 'promote', 'odsl-next']);
    expect(headers['location']).toBe(`/v1/operations/${body.id}`);
    expect(await operationAt(gateway, body.id, 30)).toMatchObject({
      outcome: 'applied',
      result: {
        items: [
          { process: 'odsl-next:PROMOTED_A', effect: 'created' },
          { process: 'odsl-next:PROMOTED_B', effect: 'created' },
        ],
      },
    });
    expect((await get(gateway, at('odsl-next:PROMOTED_B'))).status).toBe(200);
    await nothingStored();
  });

  it('takes several Frends processes along in one file', async () => {
    const [smoke = '', other = ''] = await processesOf('frends');
    const there = smoke.replace('frends:', 'frends-next:');
    const before = await versionsOf(gateway, there);
    const body = {
      items: [{ process: smoke }, { process: other }],
      to: 'frends-next',
      onConflict: 'new-version',
    };
    const done = await promote(body, '', { prefer: 'wait=30' });
    expect([done.status, done.body.result?.items.map(({ effect }) => effect)]).toEqual([
      200,
      ['new_version', 'new_version'],
    ]);
    expect(await versionsOf(gateway, there)).toHaveLength(before.length + 1);
    const sent = others
      .get('frends')
      ?.ledger()
      .filter((entry) => JSON.stringify(entry).includes('process.imported'));
    expect(sent).toHaveLength(2);
    await nothingStored();
  });

  it('of packages that stand there is a conflict, or keeps them', async () => {
    const [smoke = ''] = await processesOf('uipath');
    const body = { items: [{ process: smoke }], to: 'uipath-next' };
    const refused = await promote<Problem>(body, '?wait=30');
    expect([refused.status, refused.body.code]).toEqual([409, 'conflict']);
    const kept = await promote({ ...body, onConflict: 'use-existing' }, '?wait=30');
    expect([kept.status, kept.body.result?.items[0]?.effect]).toEqual([200, 'kept']);
    expect((await packageOf(gateway, smoke)).length).toBeGreaterThan(0);
    await nothingStored();
  });

  it('with the token of a plan is 412 once anything has moved, on either side', async () => {
    const put = (id: string, script: string) =>
      change(gateway, 'put', at(id), { service: 'ETL', script });
    await put('odsl:MOVED', 'return 1');
    const body = { items: [{ process: 'odsl:MOVED' }], to: 'odsl-next', onConflict: 'new-version' };
    const plan = () => promote<ImportPlanBody>(body, '?validateOnly=true');
    const first = await plan();
    const { planToken } = first.body;
    expect([first.status, first.headers['etag']]).toEqual([200, `"${planToken}"`]);
    const held = { 'if-match': `"${planToken}"`, prefer: 'wait=30' };
    expect((await promote(body, '?validateOnly=true', held)).status).toBe(200);
    await put('odsl:MOVED', 'return 2');
    const moved = [412, 'precondition_failed', 'not_sent'];
    for (const query of ['', '?validateOnly=true']) {
      const stale = await promote<Problem>(body, query, held);
      expect([stale.status, stale.body.code, stale.body.outcome]).toEqual(moved);
    }
    const again = { ...held, 'if-match': `"${(await plan()).body.planToken}"` };
    const done = await promote(body, '', again);
    expect([done.status, done.body.result?.items[0]?.effect]).toEqual([200, 'created']);
    const late = await promote<Problem>(body, '', again);
    expect([late.status, late.body.code, late.body.outcome]).toEqual(moved);
    const odd = await promote<Problem>(body, '', { 'if-match': '*' });
    expect([odd.status, odd.body.detail]).toEqual([
      400,
      'If-Match must be the planToken of a plan, in quotes.',
    ]);
    await nothingStored();
  });

  it.each([
    ['to nowhere, before a word that is wrong', { to: 'nowhere', surprise: 1 }, 404],
    ['to another platform, before what it cannot', { to: 'odsl', onConflict: 'new-active' }, 400],
    ['to another platform', { to: 'odsl' }, 400],
    ['to itself', { to: 'uipath' }, 400],
    ['to nowhere', { to: 'nowhere' }, 404],
    ['in a way that the platform has not', { to: 'uipath-next', onConflict: 'new-active' }, 501],
    ['of what is not there', { to: 'uipath-next', items: [{ process: 'uipath:Nobody' }] }, 404],
    ['of nothing', { to: 'uipath-next', items: [] }, 400],
  ])('%s is refused', async (_case, said, status) => {
    const [smoke = ''] = await processesOf('uipath');
    const answer = await promote<Problem>({ items: [{ process: smoke }], ...said });
    expect([answer.status, answer.body.outcome]).toEqual([status, 'not_sent']);
  });
});
