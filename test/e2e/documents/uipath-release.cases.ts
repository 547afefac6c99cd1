import { expect } from '@jest/globals';
import { readFileSync } from 'node:fs';
import type { FieldError } from '../../../src/domain/errors.ts';
import type { Problem } from '../../../src/http/problem.ts';
import { watchers } from '../../../src/sandbox/kit/sandbox.ts';
import { change } from '../../support/changes.ts';
import { at, get } from '../../support/http.ts';
import { ended, start } from '../../support/runs.ts';
import { type DocumentCases, effectsOn, type Given } from './document-case.ts';
import { detailOf, ownProcess, undeployedProcess } from './uipath-packages.ts';

const smoke = 'uipath:SmokeTest';

/** What the platform was told by the starts of an action, as it came. */
async function startsDuring(action: () => Promise<void>): Promise<readonly string[]> {
  const bodies: string[] = [];
  const watch: Parameters<typeof watchers.add>[0] = (sandbox, { url, requestBody }) => {
    if (sandbox === 'uipath' && url.includes('StartJobs')) bodies.push(String(requestBody));
  };
  watchers.add(watch);
  try {
    await action();
  } finally {
    watchers.delete(watch);
  }
  return bodies;
}

const runsOf = (given: Given, processKey: string): number =>
  effectsOn(given, 'uipath', 'run.started', { processKey });

/** What becomes of releases, and of what they start. */
export const releaseCases: DocumentCases = {
  'releases.create(Name, ProcessKey, ProcessVersion, Description)': async (given) => {
    const { gateway } = given;
    const { id, versions } = await undeployedProcess(gateway, 1);
    const [name, version] = ['Documented release', versions.at(-1)?.version ?? ''];
    const body = { version, name, description: 'Initial release' };
    expect((await change(gateway, 'post', at(id, '/deployments'), body)).status).toBe(201);
    expect((await detailOf(gateway, id)).deployments).toMatchObject([body]);
    const processKey = id.slice('uipath:'.length);
    const details = { name, processKey, version };
    expect(effectsOn(given, 'uipath', 'release.created', details)).toBe(1);
  },

  'releases.update_process_settings(JobPriority, AutoUpdate)': async (given) => {
    const { gateway } = given;
    const { id, deployments } = await ownProcess(gateway, { deployed: true, versions: 1 });
    const release = deployments[0]?.id ?? '';
    const before = (await detailOf(gateway, id)).deployments?.[0];
    const settings = { jobPriority: 'Low', autoUpdate: true };
    const path = at(id, `/deployments/${release}`);
    expect((await change(gateway, 'patch', path, { settings })).status).toBe(200);
    const after = (await detailOf(gateway, id)).deployments?.[0];
    expect(after).toMatchObject({ settings, name: before?.name, version: before?.version });
    expect(after?.settings?.['inputArguments']).toEqual(before?.settings?.['inputArguments']);
    const key = before?.nativeIds['key'];
    expect(effectsOn(given, 'uipath', 'release.changed', { key })).toBe(1);
  },

  'releases.update_process_settings(MaxConcurrentJobs)': async ({ gateway }) => {
    const release = (await detailOf(gateway, smoke)).deployments?.[0]?.id ?? '';
    const settings = { maxConcurrentJobs: 5 };
    const path = at(smoke, `/deployments/${release}`);
    const { status, body } = await change<Problem>(gateway, 'patch', path, { settings });
    const [error] = body['errors'] as readonly FieldError[];
    expect([status, error?.at]).toEqual([400, 'settings.maxConcurrentJobs']);
  },

  'jobs.start_jobs(release_key, robot_ids, input_arguments)': async (given) => {
    const { gateway } = given;
    const [release] = (await detailOf(gateway, smoke)).deployments ?? [];
    const before = runsOf(given, 'SmokeTest');
    const started = await startsDuring(async () => {
      const { status, body } = await start(gateway, smoke, {
        deployment: release?.nativeIds['key'],
        input: { in_DurationMs: 500 },
        options: { robots: [301, 302] },
      });
      expect([status, body.siblings.length]).toEqual([202, 1]);
      for (const id of [body.id, ...body.siblings]) {
        const run = await ended(gateway, id);
        expect([run.status, run.input]).toEqual(['succeeded', { in_DurationMs: 500 }]);
      }
    });
    expect(runsOf(given, 'SmokeTest')).toBe(before + 2);
    const robots = started.flatMap(
      (text) => (JSON.parse(text) as { startInfo: { RobotIds: number[] } }).startInfo.RobotIds,
    );
    expect(robots.sort()).toEqual([301, 302]);
  },

  'jobs.start_jobs() without a release': async (given) => {
    const { gateway } = given;
    const bare = await undeployedProcess(gateway, 1);
    const refused = await start<Problem>(gateway, bare.id);
    expect([refused.status, refused.body.outcome]).toEqual([409, 'not_sent']);
    expect(refused.body.detail).toMatch(/deploy/i);

    const { id, deployments } = await ownProcess(gateway, { deployed: true, versions: 1 });
    const second = { version: 'latest', name: 'Documented second' };
    expect((await change(gateway, 'post', at(id, '/deployments'), second)).status).toBe(201);
    const several = await start<Problem>(gateway, id);
    expect([several.status, several.body.outcome]).toEqual([409, 'not_sent']);
    const names = [deployments[0]?.id ?? '', second.name];
    for (const each of names) expect(JSON.stringify(several.body)).toContain(each);
    for (const each of [bare.id, id]) expect(runsOf(given, each.slice('uipath:'.length))).toBe(0);
  },

  assets: async ({ gateway }) => {
    expect((await get(gateway, '/v1/assets')).status).toBe(404);
    expect(readFileSync('README.md', 'utf8')).toMatch(/Not served: UiPath assets/);
  },
};
