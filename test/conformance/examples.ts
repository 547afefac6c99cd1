import { describe, expect, test } from '@jest/globals';
import { capabilitiesOf, type PlatformAdapter } from '../../src/domain/adapter.ts';
import {
  capabilities,
  capabilityRoutes,
  changingCapabilities,
} from '../../src/domain/capability.ts';
import { isEnd } from '../../src/domain/run.ts';
import type { Platform } from '../../src/platforms/platform.ts';
import { readerOf } from './reader.ts';

const changing: readonly string[] = changingCapabilities;

/** What every route of processes and connections needs that changes nothing there. */
const needed = capabilities.filter(
  (capability) =>
    !changing.includes(capability) &&
    capabilityRoutes[capability].some((route) => !/ \/v1\/runs\b/.test(route)),
);

/** What the API document shows of a platform can be tried on its sandbox. */
export function describeExamples({ examples }: Platform, adapter: () => PlatformAdapter): void {
  const { signal, part, list } = readerOf(adapter);
  const { key, answersEveryRoute, configuration, fileName, deployment, schedule, build } = examples;
  const { native, versionNative, settings, startPage, run, runs } = examples;

  describe('its examples', () => {
    test('are of a process that is there', async () => {
      expect((await list()).map((process) => process.key)).toContain(key);
      if (answersEveryRoute === true) {
        expect(capabilitiesOf(adapter())).toEqual(expect.arrayContaining(needed));
      }
    });

    test('are what it answers', async () => {
      const detail = await part('processes').get(key, signal());
      if (configuration !== undefined) expect(detail?.configuration).toMatchObject(configuration);
      if (deployment !== undefined) expect(detail?.deployments).toMatchObject([deployment]);
      if (build !== undefined) expect(await adapter().ping(signal())).toMatchObject(build);
      if (schedule !== undefined) {
        const schedules = (await list()).flatMap((process) => process.schedule ?? []);
        expect(schedules).toContainEqual(schedule);
      }
      if (fileName !== undefined) {
        const file = await part('packages').download(key, 'latest', signal());
        expect(file?.fileName).toBe(fileName);
        file?.content.destroy();
      }
    });

    test('are of runs that it has', async () => {
      if (run !== undefined) {
        const found = await part('runs').get(run.nativeId, signal());
        expect(found).toMatchObject({ ...run, process: key });
      }
      if (runs === undefined) return;
      const { ended, attachment, suspended } = runs;
      const left = { nativeId: ended, process: null, createdAt: null };
      expect(isEnd((await part('runs').get(ended, signal()))?.status ?? 'unknown')).toBe(true);
      expect((await part('runs').get(suspended, signal()))?.status).toBe('suspended');
      expect(await part('attachments').list(left, signal())).toMatchObject([{ name: attachment }]);
    });

    test('are what it answers in its own words', async () => {
      const listed = (await list()).find((process) => process.key === key);
      if (native !== undefined) expect(listed?.native).toMatchObject(native);
      if (startPage !== undefined)
        expect(new URL(listed?.startPage ?? '').pathname).toBe(new URL(startPage).pathname);
      if (versionNative !== undefined) {
        const versions = await part('versions').list(key, signal());
        expect(versions?.map((version) => version.native)).toContainEqual(versionNative);
      }
      if (settings !== undefined) {
        const deployments = await part('deployments').list(key, signal());
        expect(deployments?.map((each) => each.settings)).toContainEqual(settings);
      }
    });
  });
}
