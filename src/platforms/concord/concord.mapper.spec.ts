import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  flowsOf,
  type RepositoryEntry,
  toListedProcess,
  toProcessDetail,
} from './concord.mapper.ts';
import { projectWire, repositoryWire, triggerListWire } from './concord.wire.ts';

const base = new URL('https://concord.example.com/prefix');

function entry(
  repository: Record<string, unknown> = {},
  project: Record<string, unknown> = {},
  triggers: readonly Record<string, unknown>[] = [],
): RepositoryEntry {
  return {
    organization: 'Finance',
    project: projectWire.parse({ name: 'invoices', ...project }),
    repository: repositoryWire.parse({ name: 'main', ...repository }),
    triggers: triggerListWire.parse(triggers),
  };
}

const cron = {
  eventSource: 'cron',
  conditions: { spec: '0 6 * * 1-5' },
  cfg: { entryPoint: 'intake' },
};

describe('a flow', () => {
  test.each([
    ['intake', 'intake'],
    ['default', 'invoices'],
    ['', 'invoices'],
  ])('called "%s" is shown as "%s"', (flow, name) => {
    expect(toListedProcess(entry(), flow, base).name).toBe(name);
  });

  test('without a name stands for a repository whose flows nobody knows', () => {
    for (const meta of [undefined, null, {}, { entryPoints: null }, { entryPoints: [] }])
      expect(flowsOf(entry({ meta }))).toEqual(['']);
    expect(flowsOf(entry({ meta: { entryPoints: ['a', '', 'b'] } }))).toEqual(['a', 'b']);
  });

  test.each([
    ['Order import', 'Order%20import'],
    ['a/b: ü', 'a%2Fb%3A%20%C3%BC'],
  ])('called "%s" has a page that starts it', (flow, segment) => {
    expect(toListedProcess(entry(), flow, base).startPage).toBe(
      `https://concord.example.com/prefix/api/v1/org/Finance/project/invoices/repo/main/start/${segment}`,
    );
  });

  test.each(['', '.', '..'])('called "%s" cannot stand in a path', (flow) => {
    expect(toListedProcess(entry(), flow, base).startPage).toBeNull();
  });

  test.each([
    [{}, true],
    [{ disabled: null }, true],
    [{ disabled: false, triggersDisabled: true }, true],
    [{ disabled: true }, false],
  ])('of the repository %j is enabled: %s', (repository, enabled) => {
    expect(toListedProcess(entry(repository), 'x', base).enabled).toBe(enabled);
  });

  test.each([
    ['2026-11-21T00:57:07.270-05', '2026-11-21T05:57:07.270Z'],
    ['2017-07-19T16:31:39.331+0000', '2017-07-19T16:31:39.331Z'],
    ['2026-11-21T05:57:07.270Z', '2026-11-21T05:57:07.270Z'],
    ['yesterday', null],
    [null, null],
  ])('made at %s was made at %s', (createdAt, instant) => {
    expect(toListedProcess(entry({}, { createdAt }), 'x', base).createdAt).toBe(instant);
  });
});

describe('a schedule', () => {
  const scheduleOf = (
    trigger: Record<string, unknown>,
    repository: Record<string, unknown> = {},
  ): unknown => toListedProcess(entry(repository, {}, [trigger]), 'intake', base).schedule;

  test('is a cron trigger of the flow, in the zone that it names', () => {
    const conditions = { spec: '0 6 * * 1-5', timezone: 'Europe/Berlin', version: 2 };
    expect(scheduleOf({ ...cron, conditions })).toEqual([
      {
        expression: '0 6 * * 1-5',
        dialect: 'unix-cron',
        timezone: 'Europe/Berlin',
        active: true,
      },
    ]);
    expect(scheduleOf(cron)).toMatchObject([{ timezone: null }]);
  });

  test.each([{ disabled: true }, { triggersDisabled: true }])(
    'rests while the repository is %j',
    (repository) => {
      expect(scheduleOf(cron, repository)).toMatchObject([{ active: false }]);
    },
  );

  test('is neither the trigger of another flow, nor of another kind, nor one without an expression', () => {
    expect(scheduleOf({ ...cron, cfg: { entryPoint: 'other' } })).toBeNull();
    expect(scheduleOf({ ...cron, eventSource: 'github' })).toBeNull();
    expect(scheduleOf({ ...cron, conditions: { spec: 5 } })).toBeNull();
    expect(scheduleOf({ ...cron, conditions: null })).toBeNull();
  });
});

describe('what must not be seen', () => {
  const hidden = 'not-for-anybody';
  const full = entry(
    {
      url: `https://user:${hidden}@git.example.com/x.git`,
      secretId: hidden,
      secretName: hidden,
      secretStoreType: hidden,
    },
    { cfg: { arguments: { password: hidden } } },
    [{ ...cron, arguments: { password: hidden } }],
  );

  test('is in neither the item, nor the process, nor its configuration', () => {
    const shown = [toListedProcess(full, 'intake', base), toProcessDetail(full, 'intake', base)];
    expect(JSON.stringify(shown)).not.toContain(hidden);
  });

  test.each([
    ['https://token@git.example.com/x.git', 'https://git.example.com/x.git'],
    ['ssh://git@git.example.com/x.git', 'ssh://git@git.example.com/x.git'],
    ['ssh://git:pw@git.example.com/x.git', 'ssh://git@git.example.com/x.git'],
    ['git@git.example.com:x.git', 'git@git.example.com:x.git'],
    ['https://git.example.com/x.git', 'https://git.example.com/x.git'],
    ['file:///srv/git/x', 'file:///srv/git/x'],
  ])('leaves %s as %s', (url, shown) => {
    expect(toProcessDetail(entry({ url }), 'x', base).configuration).toMatchObject({ url: shown });
  });
});

describe('any JSON', () => {
  test('is refused by the schemas or becomes a process', () => {
    const json = fc.jsonValue();
    const likely = fc.record(
      {
        name: fc.string(),
        meta: json,
        url: json,
        disabled: json,
        createdAt: json,
        conditions: json,
        cfg: json,
        arguments: json,
      },
      { requiredKeys: ['name'] },
    );
    fc.assert(
      fc.property(fc.oneof(json, likely), fc.oneof(json, likely), json, (one, other, list) => {
        const project = projectWire.safeParse(one);
        const repository = repositoryWire.safeParse(other);
        const triggers = triggerListWire.safeParse(list);
        if (!project.success || !repository.success) return;
        const known = {
          organization: 'Default',
          project: project.data,
          repository: repository.data,
          triggers: triggers.data ?? [],
        };
        for (const flow of flowsOf(known)) {
          expect(toListedProcess(known, flow, base).kind).toBe('process');
          expect(toProcessDetail(known, flow, base).deployments).toBeNull();
        }
      }),
    );
  });
});
