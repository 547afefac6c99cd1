import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { capabilities, type Capability, capabilityRoutes } from '../../src/domain/capability.ts';
import type { ConnectionState } from '../../src/domain/connection.ts';
import type { Operation } from '../../src/domain/operation.ts';
import type { Process } from '../../src/domain/process.ts';
import type { Problem } from '../../src/http/problem.ts';
import { platforms } from '../../src/platforms/all.ts';
import { sendForm } from '../support/form.ts';
import { type Gateway, Stage } from '../support/gateway.ts';
import { type Answer, type Collection, get, list, type Serving } from '../support/http.ts';
import { smokeTests } from '../support/runs.ts';
import { ends } from './every-capability/ends.ts';
import { type Asking, asks, type Route } from './every-capability/routes.ts';
import { standing } from './every-capability/standing.ts';
import { imagined, type Subjects } from './every-capability/subjects.ts';
import { endedRun } from './every-capability/workshop.ts';

jest.setTimeout(180_000);

type Unrouted = {
  [Each in Capability]: (typeof capabilityRoutes)[Each] extends readonly [] ? Each : never;
}[Capability];

/** Where a capability shows that has no route. */
const shown: Readonly<Record<Unrouted, (process: Process) => boolean>> = {
  schedules: ({ schedule }) => schedule !== null,
};
const isRouted = (capability: Capability): boolean => capabilityRoutes[capability].length > 0;

/** Routes of the gateway's own, which no platform can lack; what a batch holds has routes of its own. */
const unconditional = [
  'GET /health/live',
  'GET /health/ready',
  'GET /v1/connections',
  'GET /v1/connections/{connection}',
  'GET /v1/events',
  'GET /v1/operations',
  'GET /v1/operations/{id}',
  'GET /v1/operations/{id}/events',
  'GET /v1/platforms',
  'POST /v1/connections/{connection}/refresh',
  'POST /v1/operations/{id}/cancel',
  'POST /v1/operations/{id}/resolve',
  'POST /v1/processes/batch',
  'POST /v1/runs/{id}/resolve',
];

const names = platforms.map(({ name }) => name);

/** Does what is asked of it. */
let busy: Gateway;
let busyStage: Stage;
/** Has no worker left: whatever its sandboxes are asked, the request at hand has asked. */
let quiet: Gateway;
let quietStage: Stage;
/** What each connection says that it can do. */
let advertised: ReadonlyMap<string, readonly Capability[]>;
let quietlyAdvertised: ReadonlyMap<string, readonly Capability[]>;
/** What the routes are asked about where they can be used, by connection. */
const there = new Map<string, Subjects>();
/** The same where they cannot: about a run that has ended, and about one of which nobody has heard. */
const nowhere = new Map<string, readonly Subjects[]>();
/** Every platform with every route that was asked of it, by what became of that. */
const met = { done: new Set<string>(), refused: new Set<string>() };

/** A second connection to each sandbox, called as the first with `-next`. */
function withNext(stage: Stage): { readonly config: { connections: Record<string, unknown> } } {
  const next = Object.entries(stage.connections()).map(
    ([name, settings]) => [`${name}-next`, settings] as const,
  );
  return { config: { connections: Object.fromEntries(next) } };
}

async function capabilitiesOf(gateway: Gateway): Promise<Map<string, readonly Capability[]>> {
  const { body } = await get<{ data: ConnectionState[] }>(gateway, '/v1/connections');
  return new Map(body.data.map(({ id, capabilities: able }) => [id, able]));
}

beforeAll(async () => {
  [busyStage, quietStage] = await Promise.all([Stage.open(), Stage.open()]);
  [busy, quiet] = await Promise.all([
    busyStage.gateway(withNext(busyStage)),
    quietStage.gateway(withNext(quietStage)),
    busyStage.worker(withNext(busyStage)),
  ]);
  advertised = await capabilitiesOf(busy);
  for (const [connection, process] of await smokeTests(busy))
    there.set(connection, standing(busy, connection, process));
  const worker = await quietStage.worker(withNext(quietStage));
  await Promise.all(
    [...(await smokeTests(quiet))].map(async ([connection, process]) => {
      const runs = [
        await endedRun(quiet, process),
        `${connection}:00000000-0000-4000-8000-000000000000`,
      ];
      nowhere.set(
        connection,
        runs.map((run) => imagined(connection, process, run)),
      );
    }),
  );
  await worker.stop();
  quietlyAdvertised = await capabilitiesOf(quiet);
});
afterAll(async () => {
  await Promise.all([busyStage.close(), quietStage.close()]);
});

async function ask<T>(
  gateway: Serving,
  route: Route,
  { path, body, form }: Asking,
): Promise<Answer<T>> {
  if (form !== undefined) return sendForm<T>(gateway, path, form);
  const [method = ''] = route.split(' ');
  const answer = await fetch(`${gateway.baseUrl}${path}`, {
    method,
    ...(body === undefined
      ? {}
      : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
  });
  const { status, headers } = answer;
  const text = await answer.text();
  const isJson = headers.get('content-type')?.includes('json') === true && text !== '';
  const said: unknown = isJson ? JSON.parse(text) : null;
  return { status, headers: Object.fromEntries(headers), text, body: said as T };
}

function of<T>(map: ReadonlyMap<string, T>, connection: string): T {
  const found = map.get(connection);
  if (found === undefined) throw new Error(`there is nothing of ${connection}`);
  return found;
}

async function isDone(connection: string, route: Route): Promise<void> {
  const answer = await ask(busy, route, await asks[route](of(there, connection)));
  const isFine = answer.status >= 200 && answer.status < 300;
  const said = isFine ? '2xx' : `${answer.status}: ${answer.text.slice(0, 500)}`;
  expect([route, said]).toEqual([route, '2xx']);
  await ends[route](busy, answer);
  met.done.add(`${connection} ${route}`);
}

async function isRefused(connection: string, route: Route): Promise<void> {
  for (const subjects of of(nowhere, connection)) {
    const asking = await asks[route](subjects);
    quietStage.forget();
    const { status, text, body } = await ask<Problem>(quiet, route, asking);
    expect([route, status, status === 501 ? '' : text]).toEqual([route, 501, '']);
    expect(body).toMatchObject({
      code: 'capability_not_supported',
      outcome: route.startsWith('GET ') ? null : 'not_sent',
      retryable: false,
    });
    const asked = [...quietStage.sandboxes.values()].flatMap((sandbox) => sandbox.requests());
    expect([route, asked]).toEqual([route, []]);
  }
  met.refused.add(`${connection} ${route}`);
}

const isAble = (connection: string, capability: Capability): boolean =>
  of(advertised, connection).includes(capability);

describe.each(names)('on %s', (connection) => {
  it.each(capabilities.filter(isRouted))(
    '%s is done where it is advertised, else 501 unasked',
    async (capability) => {
      const routes: readonly Route[] = capabilityRoutes[capability];
      for (const route of routes) {
        if (isAble(connection, capability)) await isDone(connection, route);
        else await isRefused(connection, route);
      }
    },
  );

  it.each(Object.entries(shown))(
    '%s is shown where it is advertised, and nowhere else',
    async (capability, isShown) => {
      const { body } = await list(busy, `?connection=${connection}&limit=200`);
      expect(body.data.some(isShown)).toBe(isAble(connection, capability as Unrouted));
    },
  );

  it('says the same of each process as of the connection', async () => {
    const { body } = await list(busy, `?connection=${connection}&limit=200`);
    expect(body.data.length).toBeGreaterThan(0);
    for (const { id, capabilities: able } of body.data)
      expect([id, able]).toEqual([id, of(advertised, connection)]);
  });
});

describe('what is advertised', () => {
  it('is the same by a gateway that works and by one that has just started', () => {
    expect(quietlyAdvertised).toEqual(advertised);
    for (const name of names) expect(advertised.get(`${name}-next`)).toEqual(advertised.get(name));
  });

  it('was tried by every route on every platform', () => {
    const routes = [...new Set<string>(Object.values(capabilityRoutes).flat())];
    const all = names.flatMap((name) => routes.map((route) => `${name} ${route}`));
    expect([...met.done, ...met.refused].sort()).toEqual(all.sort());
    expect(Math.min(met.done.size, met.refused.size)).toBeGreaterThan(20);
  });

  it('are the routes of the gateway, but for those that no platform can lack', async () => {
    const { body } = await get<{ paths: Record<string, object> }>(busy, '/openapi.json');
    const served = Object.entries(body.paths).flatMap(([path, item]) =>
      Object.keys(item).map((method) => `${method.toUpperCase()} ${path}`),
    );
    expect(served.sort()).toEqual(
      [...unconditional, ...Object.values(capabilityRoutes).flat()].sort(),
    );
  });

  it('leaves nothing behind that was refused', async () => {
    const { body } = await get<Collection<Operation>>(quiet, '/v1/operations');
    expect(body.data).toEqual([]);
  });
});
