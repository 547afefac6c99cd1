import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { Run } from '../../src/domain/run.ts';
import type { Problem } from '../../src/http/problem.ts';
import { sendForm } from '../support/form.ts';
import { type Gateway, Stage } from '../support/gateway.ts';
import { at, get, list } from '../support/http.ts';
import { ended, start, startsOn } from '../support/runs.ts';

jest.setTimeout(60_000);

const unlisted = 'concord:Default:platform-checks:main:nolist';

let stage: Stage;
let gateway: Gateway;

beforeAll(async () => {
  stage = await Stage.open();
  [gateway] = await Promise.all([stage.gateway(), stage.worker()]);
  await list(gateway, '?connection=concord');
});
afterAll(() => stage.close());

describe('a flow that the list does not have', () => {
  it.each([
    ['its id', unlisted],
    ['an alias of it', 'concord:platform-checks:main:nolist'],
  ])('is started by %s: it stands on another branch', async (_name, id) => {
    const before = startsOn(stage, 'concord');
    const { status, body } = await start(gateway, id, { options: { branch: 'dev' } });
    expect([status, body.process]).toEqual([202, unlisted]);
    const run = await ended(gateway, body.id);
    expect([run.status, run.outcome, run.process]).toEqual(['succeeded', 'applied', unlisted]);
    expect(startsOn(stage, 'concord')).toBe(before + 1);
  });

  it('is started where it stands nowhere, and its run says so', async () => {
    const { status, body } = await start(gateway, unlisted);
    expect(status).toBe(202);
    const run = await ended(gateway, body.id);
    expect([run.status, run.outcome]).toEqual(['failed', 'applied']);
  });

  it('is started with files', async () => {
    const { status, body } = await sendForm<Run>(gateway, '/v1/runs', [
      ['process', unlisted],
      ['list.csv', Buffer.from('a,b'), 'list.csv'],
    ]);
    expect([status, body.process]).toEqual([202, unlisted]);
    await ended(gateway, body.id);
  });

  it('is not there to be read', async () => {
    expect((await get(gateway, at(unlisted))).status).toBe(404);
  });
});

it.each(['concord:Default:platform-checks:nolist:', 'concord:Default:nolist:main:x'])(
  '%s, of which there is no repository, cannot be started',
  async (id) => {
    const before = startsOn(stage, 'concord');
    const { status, body } = await start<Problem>(gateway, id, { options: { branch: 'dev' } });
    expect([status, body.code]).toEqual([404, 'not_found']);
    expect(startsOn(stage, 'concord')).toBe(before);
  },
);
