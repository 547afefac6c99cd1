import { randomUUID } from 'node:crypto';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { own } from '../kit/own.ts';
import { queryOf } from '../kit/request.ts';
import type { Store } from '../kit/store.ts';
import { bodyOf } from './definition.routes.ts';
import { childrenOf, entryOf } from './entry.ts';
import { ConcordFault, failed, invalid, nothing, said, unexpected } from './fault.ts';
import { attempt, release } from './holds.ts';
import { countRuns, listRequirements, listRuns, renamed } from './listing.ts';
import { readMultipart } from './multipart.ts';
import {
  configurationOfQuery,
  merged,
  noOrder,
  type Order,
  orderOfArchive,
  orderOfForm,
  targetOf,
} from './order.ts';
import { finalStatuses, statusOf, stop } from './run.ts';
import { startByForm, startByPath, syncIsGone } from './starting.ts';
import { Runs } from './runs.ts';
import type { ConcordState, Run } from './state.ts';

interface Identified {
  Params: { id: string; entryPoint: string };
}

/** Starts, by the form of today and by the paths of 2017. */
export function startRoutes(app: FastifyInstance, store: Store<ConcordState>): void {
  app.post('/api/v1/process', (request) => {
    const type = typeOf(request);
    if (type === 'application/json') throw nothing(415);
    if (type !== 'multipart/form-data') refuseRetired(store.state);
    const order =
      type === 'multipart/form-data'
        ? orderOfForm(partsOf(request))
        : { ...noOrder, ...orderOfArchive(bytesOf(request)) };
    return started(startByForm(store, order));
  });
  app.post<Identified>('/api/v1/process/:entryPoint', (request) => {
    refuseRetired(store.state);
    const query = queryOf(request);
    if (query.get('sync') === 'true') throw syncIsGone();
    const order = orderOfPath(request);
    const target = targetOf(request.params.entryPoint);
    const configuration = merged(order.configuration, configurationOfQuery(query));
    const out = query.getAll('out').join(',');
    const fields = { ...order.fields, ...target, ...(out === '' ? {} : { out }) };
    return started(startByPath(store, { ...order, fields, configuration }));
  });
  startPage(app, store);
}

/** The page that starts a flow in a browser and leads through its forms. */
function startPage(app: FastifyInstance, store: Store<ConcordState>): void {
  const path = '/api/v1/org/:org/project/:project/repo/:repo/start/:entrypoint';
  app.get<{ Params: Record<string, string> }>(path, async (request, reply) => {
    const query = queryOf(request);
    const configuration = configurationOfQuery(query);
    const html = reply.header('content-type', 'text/html;charset=utf-8');
    try {
      const run = startByForm(store, { ...noOrder, fields: request.params, configuration });
      return await html.send(pageOf(`Process ${run.id} is running`));
    } catch (error) {
      if (!(error instanceof ConcordFault)) throw error;
      return html.code(500).send(pageOf('Process error'));
    }
  });
}

function pageOf(text: string): string {
  return `<!doctype html>\n<html><head><title>Concord</title></head><body><p>${text}</p></body></html>\n`;
}

function orderOfPath(request: FastifyRequest): Order {
  const type = typeOf(request);
  if (type === 'multipart/form-data') return orderOfForm(partsOf(request));
  if (type === 'application/octet-stream')
    return { ...noOrder, ...orderOfArchive(bytesOf(request)) };
  return { ...noOrder, configuration: type === 'application/json' ? bodyOf(request) : {} };
}

/** Since 2.24.0 only the form starts anything. */
function refuseRetired({ version }: ConcordState): void {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  if (major > 2 || (major === 2 && minor >= 24))
    throw said(500, 'This API endpoint is no longer supported.');
}

function typeOf({ headers }: FastifyRequest): string {
  return (headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase() ?? '';
}

function bytesOf({ body }: FastifyRequest): Buffer {
  return Buffer.isBuffer(body) ? body : Buffer.alloc(0);
}

function partsOf(request: FastifyRequest): ReturnType<typeof readMultipart> & object {
  const parts = readMultipart(request.headers['content-type'] ?? '', bytesOf(request));
  if (parts === null)
    throw unexpected('java.io.IOException: RESTEASY007550: Unable to get boundary for multipart');
  return parts;
}

function started({ id }: Run): object {
  return { instanceId: id, ok: true };
}

/** What a run is doing, and which runs there are. */
export function statusRoutes(app: FastifyInstance, store: Store<ConcordState>): void {
  const runs = (): Runs => new Runs(store.state);
  app.get('/api/v2/process', (request) => listRuns(store.state, queryOf(request), Date.now()));
  app.get('/api/v1/process', (request) =>
    listRuns(store.state, renamed(queryOf(request)), Date.now()),
  );
  app.get('/api/v2/process/count', (request, reply) =>
    reply
      .header('content-type', 'application/json')
      .send(String(countRuns(store.state, queryOf(request), Date.now()))),
  );
  app.get('/api/v2/process/requirements', (request) =>
    listRequirements(store.state, queryOf(request), Date.now()),
  );
  app.get<Identified>('/api/v2/process/:id', (request) =>
    entryOf(
      runs().read(request.params.id),
      store.state,
      Date.now(),
      queryOf(request).getAll('include'),
    ),
  );
  app.get<Identified>('/api/v1/process/:id', ({ params }) =>
    entryOf(runs().read(params.id), store.state, Date.now()),
  );
  app.get<Identified>('/api/v1/process/:id/root', ({ params }) =>
    entryOf(rootOf(store.state, runs().valid(params.id)), store.state, Date.now()),
  );
  app.get<Identified>('/api/v1/process/:id/subprocess', ({ params }) =>
    childrenOf(store.state, runs().valid(params.id).id).map((run) =>
      entryOf(run, store.state, Date.now()),
    ),
  );
  app.get<Identified>('/api/v1/process/:id/waitForCompletion', async (request, reply) => {
    const run = runs().read(request.params.id);
    const timeoutMs = Number(queryOf(request).get('timeout') ?? -1);
    const patienceMs = timeoutMs < 0 ? Number.POSITIVE_INFINITY : timeoutMs;
    const final = await isFinalWithin(store, run, patienceMs);
    return reply.code(final ? 200 : 408).send(entryOf(run, store.state, Date.now()));
  });
}

function rootOf(state: ConcordState, run: Run): Run {
  const parent = run.parentInstanceId === null ? undefined : state.runs[run.parentInstanceId];
  return parent === undefined ? run : rootOf(state, parent);
}

const pollMs = 100;

async function isFinalWithin(
  store: Store<ConcordState>,
  run: Run,
  timeoutMs: number,
): Promise<boolean> {
  const end = Date.now() + timeoutMs;
  while (!finalStatuses.includes(statusOf(run, Date.now()))) {
    release(store);
    if (Date.now() >= end) return false;
    await new Promise((done) => setTimeout(done, pollMs));
  }
  return true;
}

/** Stop, start over, copy. */
export function controlRoutes(app: FastifyInstance, store: Store<ConcordState>): void {
  const runs = (): Runs => new Runs(store.state);
  const kill = (run: Run): void => {
    if (stop(run, Date.now())) store.record('run.stopped', { id: run.id });
  };
  const done = (reply: FastifyReply): FastifyReply => reply.code(204).send();
  app.delete('/api/v1/process/bulk', async (request, reply) => {
    if (typeOf(request) !== 'application/json') throw nothing(415);
    for (const id of idsOf(request)) kill(runs().change(id));
    return done(reply);
  });
  app.delete<Identified>('/api/v1/process/:id', async ({ params }, reply) => {
    kill(runs().change(params.id));
    return done(reply);
  });
  app.delete<Identified>('/api/v1/process/:id/cascade', async ({ params }, reply) => {
    const { id } = params;
    const run = own(store.state.runs, id);
    if (run === undefined) throw failed(404, id, `Process not found: ${id}`);
    for (const each of [run, ...childrenOf(store.state, id)]) kill(each);
    return done(reply);
  });
  app.post<Identified>('/api/v1/process/:id/restart', ({ params }) => {
    const run = rootOf(store.state, runs().change(params.id));
    if (!finalStatuses.includes(statusOf(run, Date.now())))
      throw failed(409, params.id, `Can't restart running process: ${params.id}`);
    attempt(store.state, run);
    store.record('run.restarted', { id: run.id });
    return { instanceId: params.id, ok: true };
  });
  app.post<Identified>('/api/v1/process/:id/fork', ({ params }) => {
    const original = runs().change(params.id);
    const copy = { ...original, id: randomUUID(), parentInstanceId: original.id, attempts: [] };
    attempt(store.state, copy);
    store.state.runs[copy.id] = copy;
    store.record('run.forked', { id: copy.id, from: original.id });
    return started(copy);
  });
  app.post<{ Params: { id: string; disabled: string } }>(
    '/api/v1/process/:id/disable/:disabled',
    async ({ params }, reply) => {
      const run = runs().change(params.id);
      if (finalStatuses.includes(statusOf(run, Date.now())))
        run.disabled = params.disabled === 'true';
      store.changed();
      return done(reply);
    },
  );
}

function idsOf(request: FastifyRequest): string[] {
  const ids: unknown = bodyOf(request);
  if (!Array.isArray(ids)) throw invalid('A list of IDs is required');
  return ids.map((id) => {
    if (typeof id !== 'string' || id.length !== 36) {
      throw unexpected(
        'com.fasterxml.jackson.databind.exc.InvalidFormatException: UUID has to be represented by standard 36-char representation',
      );
    }
    return id;
  });
}
