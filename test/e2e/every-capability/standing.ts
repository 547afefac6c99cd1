import { at, type Collection, get, list, type Serving } from '../../support/http.ts';
import { packageOf } from '../../support/imports.ts';
import type { Found, Subjects } from './subjects.ts';
import {
  deployed,
  endedRun,
  fine,
  frendsDeployable,
  frendsDoomed,
  isInFrendsTest,
  newName,
  odslProcess,
  runIn,
  uipathPackage,
} from './workshop.ts';

type Own = (gateway: Serving, process: string) => Partial<Subjects>;

const flow = (name: string): string => `concord:Default:platform-checks:main:${name}`;

/** How each platform comes by what only some of them have. */
const own: Readonly<Record<string, Own>> = {
  concord: (gateway) => ({
    live: () => runIn(gateway, 'running', flow('sleep'), { seconds: 120 }),
    suspended: () => runIn(gateway, 'suspended', flow('waiting'), {}),
  }),
  frends: (gateway) => ({
    patch: { labels: ['every'] },
    doomed: async () => {
      const name = encodeURIComponent(frendsDoomed);
      const { body } = await list(gateway, `?connection=frends&name=${name}`);
      return at(body.data[0]?.id ?? '', '?confirm=undeploy');
    },
    deployable: () => frendsDeployable(gateway),
    deployed: async () => {
      const ready = await frendsDeployable(gateway);
      return [...(await deployed(gateway, ready, isInFrendsTest)), { triggersActive: false }];
    },
  }),
  odsl: (gateway) => ({
    free: () => Promise.resolve(`odsl:${newName()}`),
    doomed: async () => at((await odslProcess(gateway))[0]),
    versioned: () => odslProcess(gateway),
  }),
  uipath: (gateway, process) => {
    const deployable = async (): Promise<readonly [string, object]> => [
      await uipathPackage(gateway, '1.0.0'),
      { version: '1.0.0' },
    ];
    return {
      doomed: async () => at(await uipathPackage(gateway, '1.0.0')),
      versioned: async () => [await uipathPackage(gateway, '1.0.0', '1.0.1'), '1.0.0'],
      deployable,
      deployed: async () => {
        const settings = { jobPriority: 'Low' };
        return [...(await deployed(gateway, await deployable(), () => true)), { settings }];
      },
      live: () => runIn(gateway, 'running', process, { in_DurationMs: 120_000 }),
    };
  },
};

/** What there is, or can be made, on a connection that works. */
export function standing(gateway: Serving, connection: string, process: string): Subjects {
  const unsaid = (what: string) => (): Promise<never> =>
    Promise.reject(new Error(`nobody has said how ${connection} comes by ${what}`));
  let read: Promise<string> | undefined;
  const run: Found = () => (read ??= endedRun(gateway, process));
  return {
    connection,
    process,
    patch: { enabled: true },
    run,
    restartable: () => endedRun(gateway, process),
    attachment: async () => {
      const id = await run();
      const path = `/v1/runs/${encodeURIComponent(id)}/attachments`;
      const [first] = (await fine(get<Collection<{ name: string }>>(gateway, path))).data;
      if (first === undefined) throw new Error(`${id} has no attachment`);
      return [id, first.name];
    },
    live: unsaid('a run that goes on'),
    suspended: unsaid('a run that waits'),
    file: () => packageOf(gateway, process),
    free: unsaid('a new process'),
    doomed: unsaid('a process to delete'),
    versioned: unsaid('a process of two versions'),
    deployable: unsaid('a process to deploy'),
    deployed: unsaid('a deployment of its own'),
    ...own[connection]?.(gateway, process),
  };
}
