import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { platforms } from '../../src/platforms/all.ts';
import { Stage } from '../support/gateway.ts';
import { Recorder } from '../support/recorder.ts';
import { isTo, routeOf } from '../support/served-route.ts';
import { concordCases } from './documents/concord.cases.ts';
import type { DocumentCases, Given } from './documents/document-case.ts';
import { frendsCases } from './documents/frends.cases.ts';
import { odslCases } from './documents/odsl.cases.ts';
import { uipathCases } from './documents/uipath.cases.ts';

jest.setTimeout(120_000);

const cases: Readonly<Record<string, DocumentCases>> = {
  concord: concordCases,
  frends: frendsCases,
  odsl: odslCases,
  uipath: uipathCases,
};

let stage: Stage;
let recorder: Recorder;
let given: Given;

beforeAll(async () => {
  stage = await Stage.open();
  const [gateway] = await Promise.all([stage.gateway(), stage.worker()]);
  recorder = await Recorder.before(gateway);
  given = { stage, gateway: recorder };
});
afterAll(async () => {
  await recorder.close();
  await stage.close();
});

it('there are documents of every platform', () => {
  expect(Object.keys(cases)).toEqual(platforms.map(({ name }) => name));
  for (const { documents } of platforms) expect(documents.length).toBeGreaterThan(0);
});

describe.each(platforms)('what the documents of $title name', ({ name, documents }) => {
  const own = cases[name] ?? {};

  it('has a case each, and there are no others', () => {
    expect(Object.keys(own).sort()).toEqual(documents.map(({ call }) => call).sort());
  });

  it.each(documents)('$call', async ({ call, served }) => {
    recorder.take();
    await own[call]?.(given);
    if (served === null) return;
    const route = routeOf(served);
    const asked = recorder.take();
    if (asked.some((request) => isTo(route, request))) return;
    const lines = asked.map(({ method, path, query, body }) =>
      [method, path, query.toString(), body.slice(0, 200)].join(' '),
    );
    throw new Error(`its case never asked for ${served}, but for\n${lines.join('\n')}`);
  });
});
