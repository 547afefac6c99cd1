import { describe, expect, test } from '@jest/globals';
import type { PreparedChange } from '../../domain/change.ts';
import { ChangingConcord, intake, legacy, place, refusal } from './concord.changes.testing.ts';

const shared = 'Sales:shared-forms:main:';
const concord = new ChangingConcord();

describe('a refresh', () => {
  const prepare = (key: string): Promise<PreparedChange> =>
    concord.prepare(concord.parts().repositoryRefresh, { key, confirm: null });

  test('reads the repository behind a flow, and with it all of its flows', async () => {
    const { items, evidence } = await prepare(intake);
    expect(items[0]).toMatchObject({ process: intake, effect: 'refreshed', version: null });
    expect(items.length).toBeGreaterThan(3);
    concord.exchanges = [];
    expect(await concord.send(concord.parts().repositoryRefresh, evidence)).toEqual({ items });
    expect(concord.exchanges.map(({ method, url }) => `${method} ${url}`)).toEqual([
      `POST ${place}/main/refresh?sync=true`,
    ]);
    expect(concord.effects()).toEqual(['repository.refreshed']);
  });

  test.each(['Finance:finance-automation:main:nope', 'Finance:nope:main:x', 'nope'])(
    'of what is not there (%s) is 404',
    async (key) => {
      await expect(prepare(key)).rejects.toMatchObject({ code: 'not_found', details: refusal });
    },
  );

  test('that Git does not let happen is refused with what Git says', async () => {
    const { evidence } = await prepare(legacy);
    await concord.call('POST', place, {
      ...(await concord.repository('legacy')),
      branch: 'missing',
      commitId: null,
    });
    await expect(concord.send(concord.parts().repositoryRefresh, evidence)).rejects.toMatchObject({
      code: 'conflict',
      message: expect.stringContaining("pathspec 'missing'"),
      details: { outcome: 'rejected' },
    });
  });

  describe('whose answer was lost', () => {
    test.each([
      ['resetAfterEffect', 'applied'],
      ['reset', 'absent'],
    ] as const)('(%s) is %s where Concord had never read the repository', async (kind, state) => {
      const url = 'https://git.example.com/new.git';
      await concord.call('POST', place, { name: 'fresh', url, branch: 'main', disabled: true });
      const { evidence } = await prepare('Finance:finance-automation:fresh:');
      concord.loseAnswer(kind);
      await expect(concord.send(concord.parts().repositoryRefresh, evidence)).rejects.toMatchObject(
        {
          details: { sent: 'maybe' },
        },
      );
      expect((await concord.reconcile(concord.parts().repositoryRefresh, evidence)).state).toBe(
        state,
      );
    });

    test.each(['resetAfterEffect', 'reset'] as const)(
      '(%s) is in doubt where nothing new was found',
      async (kind) => {
        const { evidence } = await prepare(intake);
        concord.loseAnswer(kind);
        await expect(
          concord.send(concord.parts().repositoryRefresh, evidence),
        ).rejects.toMatchObject({
          details: { sent: 'maybe' },
        });
        expect(await concord.reconcile(concord.parts().repositoryRefresh, evidence)).toMatchObject({
          state: 'undecided',
          why: expect.stringContaining('does no harm'),
        });
      },
    );

    test('is found by what is known of the repository since', async () => {
      const { evidence } = await prepare(intake);
      // The triggers of a repository go when they are disabled: as if they were gone from Git.
      await concord.call('POST', place, {
        ...(await concord.repository('main')),
        triggersDisabled: true,
      });
      expect(await concord.reconcile(concord.parts().repositoryRefresh, evidence)).toMatchObject({
        state: 'applied',
      });
    });

    test('is in doubt where the repository is gone', async () => {
      const { evidence } = await prepare(shared);
      await concord.call('DELETE', '/api/v1/org/Sales/project/shared-forms/repository/main');
      expect((await concord.reconcile(concord.parts().repositoryRefresh, evidence)).state).toBe(
        'undecided',
      );
    });
  });
});
