import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { own } from '../kit/own.ts';
import { uuidOf } from '../kit/random.ts';
import { queryOf } from '../kit/request.ts';
import type { Store } from '../kit/store.ts';
import { bodyOf } from './definition.routes.ts';
import { attachmentsOf, checkpointsOf, historyOf, printed } from './entry.ts';
import { failed, nothing, said, unexpected } from './fault.ts';
import type { Form } from './flow.ts';
import { waitsOf } from './holds.ts';
import { readLog, segmentsOf } from './log.ts';
import { isUuid } from './order.ts';
import { eventsOf, waitingFormOf } from './run.ts';
import { Runs } from './runs.ts';
import type { ConcordState, Run } from './state.ts';

interface Identified {
  Params: { id: string; segment: string; name: string; '*': string };
}

/** What a run writes and leaves behind. */
export function outputRoutes(app: FastifyInstance, store: Store<ConcordState>): void {
  const runs = (): Runs => new Runs(store.state);
  app.get<Identified>('/api/v1/process/:id/log', (request, reply) =>
    sendLog(runs().read(request.params.id), null, request, reply),
  );
  app.get<Identified>('/api/v2/process/:id/log/segment', (request) => {
    const query = queryOf(request);
    const [limit, offset] = [Number(query.get('limit') ?? 30), Number(query.get('offset') ?? 0)];
    const found = segmentsOf(runs().read(request.params.id), store.state, Date.now());
    return found.slice(offset, limit < 0 ? undefined : offset + limit);
  });
  app.get<Identified>('/api/v2/process/:id/log/segment/:segment/data', (request, reply) => {
    const segment = Number(request.params.segment);
    if (!Number.isInteger(segment)) throw nothing(404);
    return sendLog(runs().read(request.params.id), segment, request, reply);
  });
  app.get<Identified>('/api/v1/process/:id/attachment', ({ params }) =>
    Object.keys(attachmentsOf(runs().read(params.id), Date.now())),
  );
  app.get<Identified>('/api/v1/process/:id/attachment/*', ({ params }, reply) => {
    const found = own(attachmentsOf(runs().read(params.id), Date.now()), params['*']);
    if (found === undefined) throw nothing(404);
    return reply.header('content-type', 'application/octet-stream').send(Buffer.from(found));
  });
}

/** Always 200, whatever part it is. */
function sendLog(
  run: Run,
  segment: number | null,
  request: FastifyRequest,
  reply: FastifyReply,
): FastifyReply {
  const { start, end, size, content } = readLog(run, Date.now(), segment, request.headers.range);
  return reply
    .headers({
      'content-type': 'application/octet-stream',
      'content-disposition': `attachment; filename="${run.id}_${segment ?? 0}.log"`,
      'content-range': `bytes ${start}-${end}/${size}`,
    })
    .send(content);
}

/** What happened to a run. */
export function historyRoutes(app: FastifyInstance, store: Store<ConcordState>): void {
  const runs = (): Runs => new Runs(store.state);
  app.get<Identified>('/api/v1/process/:id/history', ({ params }) =>
    historyOf(runs().valid(params.id), Date.now()),
  );
  app.get<Identified>('/api/v1/process/:id/waits', ({ params }) => {
    const waits = waitsOf(store.state, runs().valid(params.id));
    return waits.length === 0 ? { isWaiting: false } : { isWaiting: true, waits };
  });
  app.get<Identified>('/api/v1/process/:id/event', (request) => {
    const query = queryOf(request);
    const type = query.get('type');
    const from = Number(query.get('fromId') ?? -1);
    const limit = Number(query.get('limit') ?? -1);
    const events = shownEvents(runs().read(request.params.id), store.state)
      .filter(({ eventType }) => type === null || eventType === type)
      .filter(({ seqId }) => seqId > from);
    return limit < 0 ? events : events.slice(0, limit);
  });
  app.get<Identified>('/api/v1/process/:id/checkpoint', ({ params }) =>
    checkpointsOf(runs().read(params.id), store.state, Date.now()),
  );
  app.post<Identified>('/api/v1/process/:id/checkpoint/restore', (request) => {
    const run = runs().read(request.params.id);
    const id = String(bodyOf(request)['id']);
    if (run.disabled) {
      throw said(500, `Checkpoint can not be restored as process is disabled -> ${run.id}`);
    }
    const known = checkpointsOf(run, store.state, Date.now()).some((each) => each['id'] === id);
    if (!known) throw said(500, `Checkpoint ${id} not found`);
    run.attempts.push({ startMs: Date.now(), submissions: [], cancelMs: null });
    store.record('run.restored', { id: run.id, checkpoint: id });
    return { ok: true };
  });
}

function shownEvents(
  run: Run,
  state: ConcordState,
): { seqId: number; eventType: string; [member: string]: unknown }[] {
  return eventsOf(run, Date.now())
    .filter(({ recorded }) => recorded)
    .map(({ status, atMs }, index) => ({
      id: uuidOf(`${run.id}/${status}/${atMs}`),
      seqId: index + 1,
      eventType: 'PROCESS_STATUS',
      data: { status },
      eventDate: printed(atMs, state.zoneHours),
    }));
}

/** What goes on when somebody, or something, answers. */
export function answerRoutes(app: FastifyInstance, store: Store<ConcordState>): void {
  const runs = (): Runs => new Runs(store.state);
  app.get<Identified>('/api/v1/process/:id/form', ({ params }) => {
    const form = formOf(withForms(store.state, params.id));
    return form === null ? [] : [{ name: form.name, custom: false, yield: false, runAs: {} }];
  });
  app.get<Identified>('/api/v1/process/:id/form/:name', ({ params }) => {
    const { name, fields } = namedForm(withForms(store.state, params.id), params.name);
    const shown = fields.map((field) => ({
      name: field.name,
      ...(field.label === null ? {} : { label: field.label }),
      type: field.type,
      cardinality: 'ONE_AND_ONLY_ONE',
      options: {},
    }));
    return { processInstanceId: params.id, name, fields: shown, custom: false, yield: false };
  });
  app.post<Identified>('/api/v1/process/:id/form/:name', (request) => {
    const run = withForms(store.state, request.params.id);
    const { name } = request.params;
    // Only while another form waits the name is looked for where answers are taken, which fails in another way.
    const waiting = formOf(run);
    if (waiting !== null && waiting.name !== name)
      throw failed(500, run.id, `Form not found: ${name}`);
    namedForm(run, name);
    resume(store, run, bodyOf(request));
    store.record('form.submitted', { id: run.id, form: name });
    return { processInstanceId: run.id, ok: true };
  });
  app.post<Identified>('/api/v1/process/:id/resume/:name', (request) => {
    const run = runs().change(request.params.id);
    const { name } = request.params;
    const waiting = waitingFormOf(run, Date.now());
    if (waiting?.kind !== 'event' || waiting.name !== name)
      throw said(400, `Unexpected 'resume' events: [${name}]`);
    resume(store, run, bodyOf(request));
    store.record('run.resumed', { id: run.id, event: name });
    return { ok: true };
  });
  app.get<Identified>('/api/v1/process/:id/state/snapshot/*', ({ params }, reply) => {
    const waiting = waitingFormOf(runs().read(params.id), Date.now());
    if (params['*'] !== '_attachments/_state/_suspend' || waiting === null)
      throw said(404, `State file not found: ${params['*']}`);
    // A form waits under an id of its own.
    const event = waiting.kind === 'event' ? waiting.name : uuidOf(`${params.id}/form`);
    return reply.header('content-type', 'application/octet-stream').send(Buffer.from(`${event}\n`));
  });
  app.post<Identified>('/api/v1/process/:id/meta', async (request, reply) => {
    const run = runs().change(request.params.id);
    run.meta = { ...run.meta, ...bodyOf(request) };
    store.changed();
    return reply.send();
  });
}

function resume(store: Store<ConcordState>, run: Run, values: Record<string, unknown>): void {
  run.attempts.at(-1)?.submissions.push({ atMs: Date.now(), values });
  store.changed();
}

/** Forms are looked up without asking whether the run exists. */
function withForms(state: ConcordState, id: string): Run {
  if (!isUuid(id)) throw nothing(404);
  const run = state.runs[id];
  if (run === undefined)
    throw unexpected(`java.lang.IllegalStateException: Can't determine the process key of ${id}`);
  return run;
}

function formOf(run: Run): Form | null {
  const waiting = waitingFormOf(run, Date.now());
  return waiting?.kind === 'form' ? waiting : null;
}

function namedForm(run: Run, name: string): Form {
  const form = formOf(run);
  if (form?.name !== name) throw said(404, `Form ${name} not found. Process ID: ${run.id}`);
  return form;
}
