import type { Capability, capabilityRoutes } from '../../../src/domain/capability.ts';
import { writeZip } from '../../../src/sandbox/kit/zip.ts';
import type { FormPart } from '../../support/form.ts';
import { at } from '../../support/http.ts';
import type { Subjects } from './subjects.ts';

/** A route that some capability is needed for. */
export type Route = (typeof capabilityRoutes)[Capability][number];

/** What is asked of a route. */
export interface Asking {
  readonly path: string;
  readonly body?: object;
  readonly form?: readonly FormPart[];
}

type Asks = (subjects: Subjects) => Asking | Promise<Asking>;

const flows = 'flows:\n  main:\n    - log: "from an archive"\n';
const archive = writeZip([{ name: 'concord.yml', content: Buffer.from(flows) }]);

const below = (run: string, rest = ''): string => `/v1/runs/${encodeURIComponent(run)}${rest}`;
const deploymentAt = (process: string, deployment: string): string =>
  at(process, `/deployments/${encodeURIComponent(deployment)}`);

/** A request for each route, right as far as it goes: one that has none does not compile. */
export const asks: Readonly<Record<Route, Asks>> = {
  'GET /v1/processes': ({ connection }) => ({ path: `/v1/processes?connection=${connection}` }),
  'GET /v1/processes/{id}': ({ process }) => ({ path: at(process) }),
  'GET /v1/processes/facets': ({ connection }) => ({
    path: `/v1/processes/facets?field=enabled&connection=${connection}`,
  }),
  'GET /v1/processes/{id}/versions': ({ process }) => ({ path: at(process, '/versions') }),
  'GET /v1/processes/{id}/versions/{version}': ({ process }) => ({
    path: at(process, '/versions/latest'),
  }),
  'PUT /v1/processes/{id}': async ({ free }) => ({
    path: at(await free()),
    body: { service: 'ETL', script: 'return 1', enabled: true },
  }),
  'PATCH /v1/processes/{id}': ({ process, patch }) => ({ path: at(process), body: patch }),
  'DELETE /v1/processes/{id}': async ({ doomed }) => ({ path: await doomed() }),
  'PATCH /v1/processes/{id}/versions/{version}': async ({ versioned }) => {
    const [process, version] = await versioned();
    return { path: at(process, `/versions/${version}`), body: { active: true } };
  },
  'DELETE /v1/processes/{id}/versions/{version}': async ({ versioned }) => {
    const [process, version] = await versioned();
    return { path: at(process, `/versions/${version}`) };
  },
  'PUT /v1/processes/{id}/versions/{version}/tags/{tag}': async ({ versioned }) => {
    const [process, version] = await versioned();
    return { path: at(process, `/versions/${version}/tags/PROD`) };
  },
  'POST /v1/processes/{id}/rollback': async ({ versioned }) => {
    const [process] = await versioned();
    return { path: at(process, '/rollback') };
  },
  'POST /v1/processes/{id}/refresh': ({ process }) => ({ path: at(process, '/refresh') }),
  'GET /v1/processes/{id}/package': ({ process }) => ({ path: at(process, '/package') }),
  'GET /v1/processes/{id}/versions/{version}/package': ({ process }) => ({
    path: at(process, '/versions/latest/package'),
  }),
  'POST /v1/exports': ({ process }) => ({ path: '/v1/exports', body: { items: [{ process }] } }),
  'POST /v1/imports': async ({ connection, file }) => ({
    path: '/v1/imports',
    form: [
      ['connection', connection],
      ['onConflict', 'use-existing'],
      ['file', await file(), 'package.bin'],
    ],
  }),
  'POST /v1/promotions': ({ connection, process }) => ({
    path: '/v1/promotions',
    body: { items: [{ process }], to: `${connection}-next`, onConflict: 'use-existing' },
  }),
  'GET /v1/processes/{id}/deployments': ({ process }) => ({ path: at(process, '/deployments') }),
  'POST /v1/processes/{id}/deployments': async ({ deployable }) => {
    const [process, body] = await deployable();
    return { path: at(process, '/deployments'), body };
  },
  'PATCH /v1/processes/{id}/deployments/{deployment}': async ({ deployed }) => {
    const [process, deployment, body] = await deployed();
    return { path: deploymentAt(process, deployment), body };
  },
  'DELETE /v1/processes/{id}/deployments/{deployment}': async ({ deployed }) => {
    const [process, deployment] = await deployed();
    return { path: deploymentAt(process, deployment) };
  },
  'GET /v1/connections/{connection}/targets': ({ connection }) => ({
    path: `/v1/connections/${connection}/targets`,
  }),
  'GET /v1/runs': ({ connection }) => ({ path: `/v1/runs?connection=${connection}` }),
  'GET /v1/runs/{id}': async ({ run }) => ({ path: below(await run()) }),
  'GET /v1/runs/{id}/events': async ({ run }) => ({ path: below(await run(), '/events?for=1') }),
  'POST /v1/processes/{id}/runs': ({ process }) => ({ path: at(process, '/runs'), body: {} }),
  'POST /v1/runs': ({ connection }) => ({
    path: '/v1/runs',
    form: [
      ['connection', connection],
      ['entryPoint', 'main'],
      ['archive', archive, 'flow.zip', 'application/zip'],
    ],
  }),
  'GET /v1/runs/{id}/log': async ({ run }) => ({ path: below(await run(), '/log') }),
  'GET /v1/runs/{id}/attachments': async ({ run }) => ({
    path: below(await run(), '/attachments'),
  }),
  'GET /v1/runs/{id}/attachments/{name}': async ({ attachment }) => {
    const [run, name] = await attachment();
    return { path: below(run, `/attachments/${encodeURIComponent(name)}`) };
  },
  'POST /v1/runs/{id}/cancel': async ({ live }) => ({
    path: below(await live(), '/cancel'),
    body: { force: true },
  }),
  'POST /v1/runs/{id}/restart': async ({ restartable }) => ({
    path: below(await restartable(), '/restart'),
    body: {},
  }),
  'POST /v1/runs/{id}/resume': async ({ suspended }) => ({
    path: below(await suspended(), '/resume'),
    body: { event: 'go' },
  }),
};
