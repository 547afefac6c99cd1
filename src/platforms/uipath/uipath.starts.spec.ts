import { describe, expect, test } from '@jest/globals';
import { validateSync } from 'class-validator';
import { randomUUID } from 'node:crypto';
import { UipathStartOptions } from './uipath.options.ts';
import { refusal } from './uipath.changes.testing.ts';
import { options, StartedUipath } from './uipath.starts.testing.ts';

describe('starts on UiPath', () => {
  const uipath = new StartedUipath();

  describe('options', () => {
    test.each([
      {},
      { strategy: 'ModernJobsCount', jobsCount: 3 },
      { strategy: 'Specific', robots: [301, 302] },
      { robots: [301], priority: 'High', runtimeType: 'Unattended' },
    ])('are %j', (members) => {
      expect(validateSync(Object.assign(new UipathStartOptions(), members))).toEqual([]);
    });

    test.each([
      { strategy: 'All' },
      { strategy: 'RobotCount' },
      { robots: [] },
      { robots: [1, 1] },
      { robots: ['301'] },
      { robots: [0] },
      { robots: Array.from({ length: 101 }, (_, at) => at + 1) },
      { jobsCount: 0 },
      { jobsCount: 101 },
      { priority: 'Highest' },
      { runtimeType: 'a b' },
    ])('are not %j', (members) => {
      expect(validateSync(Object.assign(new UipathStartOptions(), members))).toHaveLength(1);
    });

    test.each([
      [{ strategy: 'Specific' }, 'options.robots'],
      [{ strategy: 'JobsCount', robots: [301] }, 'options.strategy'],
      [{ robots: [301], jobsCount: 2 }, 'options.jobsCount'],
    ] as const)('that contradict each other are refused: %j', async (members, at) => {
      expect(await refusal(uipath.prepared({ options: options(members as object) }))).toMatchObject(
        {
          code: 'invalid_request',
          details: { outcome: 'not_sent', connection: 'uipath-eu', errors: [{ at }] },
        },
      );
      expect(uipath.asked.exchanges).toEqual([]);
    });
  });

  describe('make one job each', () => {
    test('which carries the mark, the input and the options', async () => {
      const input = { in_DurationMs: 60_000, in_Name: 'Büro "7"' };
      const mark = `gw.${randomUUID()}`;
      const evidence = await uipath.one({
        input,
        mark,
        options: options({ priority: 'Low', runtimeType: 'NonProduction' }),
      });
      const { nativeId } = await uipath.send(evidence);
      expect(uipath.started()).toMatchObject([{ key: nativeId, reference: mark }]);
      const run = await uipath.runs().get(nativeId ?? '', uipath.signal());
      expect(run).toMatchObject({ input, mark, process: 'SmokeTest' });
      expect(run?.native).toMatchObject({ JobPriority: 'Low', RuntimeType: 'NonProduction' });
    });

    test('leaving the release its own arguments where none are given', async () => {
      expect(await uipath.one()).not.toHaveProperty('startInfo.InputArguments');
      expect(await uipath.one({ input: { a: 1 } })).toHaveProperty(
        'startInfo.InputArguments',
        '{"a":1}',
      );
    });

    test.each([
      [{ robots: [303, 301] }, [303, 301]],
      [{ jobsCount: 2 }, [undefined, undefined]],
    ])('of %j', async (members, robots) => {
      const mark = `gw.${randomUUID()}`;
      const evidences = await uipath.prepared({ mark, options: options(members) });
      for (const evidence of evidences) await uipath.send(evidence);
      expect(uipath.started().map(({ reference }) => reference)).toEqual([
        `${mark}.1`,
        `${mark}.2`,
      ]);
      expect(evidences).toMatchObject(
        robots.map((id) => ({
          startInfo: id === undefined ? { JobsCount: 1 } : { Strategy: 'Specific', RobotIds: [id] },
        })),
      );
    });

    test('only while they are permitted to', async () => {
      const evidence = await uipath.one();
      const late = new Error('too late');
      const permit = (): void => {
        throw late;
      };
      expect(await refusal(uipath.send(evidence, permit))).toBe(late);
      expect(uipath.started()).toEqual([]);
    });

    test('and are refused in the words of the platform', async () => {
      const evidence = await uipath.one({ options: options({ robots: [999] }) });
      const error = await refusal(uipath.send(evidence));
      expect(error).toMatchObject({
        code: 'upstream_rejected',
        details: { upstream: { code: '1000' } },
      });
      expect(String(error)).toContain('One or more robots do not exist');
      expect(uipath.started()).toEqual([]);
    });

    test('which a platform cannot shake: an answer of none, of two or of something else proves nothing', async () => {
      const row = { Id: 1, Key: randomUUID(), State: 'Pending' };
      for (const body of [
        '{"value":[]}',
        JSON.stringify({ value: [row, row] }),
        'null',
        '[]',
        '',
      ]) {
        const fault = { kind: 'status', status: 201, body } as const;
        uipath.asked.sandbox.faults.add({ path: 'StartJobs', times: 1, fault });
        expect(await refusal(uipath.send(await uipath.one()))).toMatchObject({
          code: 'upstream_contract',
          details: { sent: 'maybe' },
        });
      }
    });
  });
});
