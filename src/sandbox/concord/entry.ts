import { uuidOf } from '../kit/random.ts';
import { commitIdOf } from './create.ts';
import { agentId, coursesOf, eventsOf, lastActOf, statusOf } from './run.ts';
import type { ConcordState, Run } from './state.ts';

/** A date as the server prints it: in its own zone, `…-05` or `…Z`. */
export function printed(ms: number, zoneHours: number): string {
  const local = new Date(ms + zoneHours * 3_600_000).toISOString().slice(0, -1);
  if (zoneHours === 0) return `${local}Z`;
  const sign = zoneHours < 0 ? '-' : '+';
  return `${local}${sign}${String(Math.abs(zoneHours)).padStart(2, '0')}`;
}

/** Leaves out what is null or empty, as the server does. */
export function sparse(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const filled = Object.entries(fields).filter(
    ([, value]) =>
      value !== null && value !== undefined && !(Array.isArray(value) && value.length === 0),
  );
  return Object.fromEntries(filled);
}

/** A `ProcessEntry` as it stands at `now`; `include` asks for `history`, `childrenIds` and so on. */
export function entryOf(
  run: Run,
  state: ConcordState,
  now: number,
  include: readonly string[] = [],
): Record<string, unknown> {
  const events = eventsOf(run, now);
  const at = (status: string): number | null =>
    events.findLast((event) => event.status === status)?.atMs ?? null;
  const date = (ms: number | null): string | null =>
    ms === null ? null : printed(ms, state.zoneHours);
  const prepared = at('ENQUEUED') !== null;
  const organization = state.organizations.find(({ name }) => name === run.organization);
  return sparse({
    instanceId: run.id,
    kind: 'DEFAULT',
    parentInstanceId: run.parentInstanceId,
    orgId: organization?.id,
    orgName: organization?.name,
    projectId: run.project?.id,
    projectName: run.project?.name,
    repoId: run.repository?.id,
    repoName: run.repository?.name,
    repoUrl: prepared ? run.repository?.url : null,
    commitId: prepared ? commitOf(run) : null,
    commitBranch: prepared ? run.repository?.branch : null,
    createdAt: date(run.attempts[0]?.startMs ?? null),
    initiator: run.initiator,
    initiatorId: uuidOf(`concord/user/${run.initiator}`),
    status: statusOf(run, now),
    lastAgentId: at('STARTING') === null ? null : agentId,
    startAt: date(run.startAtMs),
    lastUpdatedAt: date(events.at(-1)?.atMs ?? null),
    lastRunAt: date(at('RUNNING')),
    totalRuntimeMs: at('RUNNING') === null ? null : runtimeOf(run, now),
    logFileName: `${run.id}.log`,
    tags: run.tags,
    childrenIds: include.includes('childrenIds')
      ? childrenOf(state, run.id).map(({ id }) => id)
      : null,
    meta: metaOf(run, now),
    disabled: run.disabled,
    timeout: run.timeoutMs === null ? null : run.timeoutMs / 1_000,
    checkpoints: include.includes('checkpoints') ? checkpointsOf(run, state, now) : null,
    statusHistory: include.includes('history') ? historyOf(run, now) : null,
    runtime: prepared ? (run.hasFile ? 'concord-v2' : 'concord-v1') : null,
  });
}

/** The runs that one started. */
export function childrenOf(state: ConcordState, parent: string): Run[] {
  return Object.values(state.runs).filter((run) => run.parentInstanceId === parent);
}

function commitOf({ repository }: Run): string | null {
  return repository === null ? null : (repository.commitId ?? commitIdOf(repository.url));
}

/** What is known of a run besides its state: what was given to it, its flow, its results. */
export function metaOf(run: Run, now: number): Record<string, unknown> {
  const prepared = eventsOf(run, now).some(({ status }) => status === 'ENQUEUED');
  const out = outOf(run, now);
  return {
    ...(Object.keys(out).length === 0 ? {} : { out }),
    _system: prepared ? {} : { requestId: run.requestId },
    ...(prepared ? { entryPoint: run.flow } : run.asked === null ? {} : { entryPoint: run.asked }),
    ...run.meta,
  };
}

/** The variables that were asked for, or why it failed. */
function outOf(run: Run, now: number): Record<string, unknown> {
  const act = lastActOf(run, now);
  if (act === null) return {};
  if (act.error !== null) return { lastError: { '@id': 1, message: act.error } };
  const wanted = run.out.filter((name) => act.end === 'FINISHED' && name in act.variables);
  return Object.fromEntries(wanted.map((name) => [name, act.variables[name]]));
}

function runtimeOf(run: Run, now: number): number {
  const spans = coursesOf(run).flatMap(({ acts, attempt }) =>
    acts.map(({ startMs, endMs }) => {
      const until = Math.min(endMs, now, attempt.cancelMs ?? endMs);
      return Math.max(until - startMs, 0);
    }),
  );
  return spans.reduce((sum, span) => sum + span, 0);
}

/** These dates alone are always in UTC. */
export function historyOf(run: Run, now: number): Record<string, unknown>[] {
  return eventsOf(run, now)
    .filter(({ recorded }) => recorded)
    .map(({ status, atMs }) => ({
      id: uuidOf(`${run.id}/${status}/${atMs}`),
      status,
      changeDate: new Date(atMs).toISOString(),
    }));
}

export function checkpointsOf(
  run: Run,
  state: ConcordState,
  now: number,
): Record<string, unknown>[] {
  return coursesOf(run).flatMap(({ acts }) =>
    acts.flatMap(({ act, startMs }) =>
      act.checkpoints
        .map(({ name, afterMs }) => ({ name, atMs: startMs + afterMs }))
        .filter(({ atMs }) => atMs <= now)
        .map(({ name, atMs }) => ({
          id: uuidOf(`${run.id}/checkpoint/${name}/${atMs}`),
          name,
          createdAt: printed(atMs, state.zoneHours),
          correlationId: uuidOf(`${run.id}/correlation/${name}/${atMs}`),
        })),
    ),
  );
}

/** The files that the run has left behind: they appear when an agent puts it down. */
export function attachmentsOf(run: Run, now: number): Record<string, string> {
  if (lastActOf(run, now) === null) return {};
  const out = outOf(run, now);
  return {
    ...(Object.keys(out).length === 0 ? {} : { 'out.json': JSON.stringify(out) }),
    ...run.attachments,
  };
}
