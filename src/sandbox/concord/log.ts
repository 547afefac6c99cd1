import { uuidOf } from '../kit/random.ts';
import { type Chunk, chunk } from './chunk.ts';
import { printed } from './entry.ts';
import { said, unexpected } from './fault.ts';
import { floodChunks } from './flood.ts';
import { agentId, type Course, coursesOf, finalStatuses } from './run.ts';
import type { ConcordState, Run } from './state.ts';

/** The part of a log that a `Range` header asks for. */
export interface LogPart {
  readonly start: number;
  /** The byte after the last one. */
  readonly end: number;
  readonly size: number;
  readonly content: Buffer;
}

const dependency = 'mvn://com.walmartlabs.concord.plugins.basic:sleep-tasks:2.1.0';

/** What has been written by `now`, oldest first. */
function chunksOf(run: Run, now: number): Chunk[] {
  return coursesOf(run)
    .flatMap((course) => chunksOfCourse(run, course))
    .filter(({ atMs }) => atMs <= now)
    .sort((a, b) => a.atMs - b.atMs);
}

function chunksOfCourse(run: Run, course: Course): Chunk[] {
  const { cancelMs } = course.attempt;
  const limit = cancelMs ?? Number.POSITIVE_INFINITY;
  const planned = [
    ...serverChunks(run, course),
    ...course.acts.flatMap(({ act, startMs, endMs }, index) =>
      act.lines
        .filter(({ afterMs }) => startMs + afterMs < endMs)
        .map(({ afterMs, level, text, task }) =>
          chunk(startMs + afterMs, level, text, task === null ? null : index * 1_000 + task),
        ),
    ),
    ...floodChunks(run, course),
  ].filter(({ atMs }) => atMs < limit);
  return [...planned, ...agentChunks(course, limit)];
}

/** What the server writes while it prepares the run, and the agent before the first step. */
function serverChunks(run: Run, { attempt, events }: Course): Chunk[] {
  const chunks: Chunk[] = [];
  const write = (atMs: number, text: string, level = 'INFO'): void => {
    chunks.push(chunk(atMs, level, text, null));
  };
  const source =
    run.repository === null ? null : `${run.repository.url} @ ${run.repository.branch}`;
  const preparedMs = attempt.startMs + 100;
  if (source !== null) write(preparedMs, `Copying the repository's data: ${source}:head, path: /`);
  if (run.refusal !== null) {
    write(preparedMs + 100, `Process failed: ${run.refusal}`, 'ERROR');
    return chunks;
  }
  write(preparedMs + 100, `Using entry point: ${run.flow}`);
  for (const [index, { status, atMs }] of events.entries()) {
    if (status === 'ENQUEUED' && events[index - 1]?.status !== 'WAITING') write(atMs, queued(run));
    if (status !== 'STARTING') continue;
    write(atMs + 10, `Acquired by: Concord-Agent: id=${agentId}`);
    if (source !== null) write(atMs + 20, `Exporting the repository data: ${source}, path: /`);
    write(atMs + 60, 'Downloading the process state...');
    write(atMs + 80, `Runtime: ${run.hasFile ? 'concord-v2' : 'concord-v1'}`);
    write(atMs + 120, 'Resolving process dependencies...');
    write(atMs + 140, `Dependencies: \n\t${dependency}`);
  }
  return chunks;
}

function queued({ startAtMs }: Run): string {
  return startAtMs === null
    ? 'Enqueued. Waiting for an agent (requirements=null)...'
    : `Enqueued. Starting at ${new Date(startAtMs).toISOString()} (requirements=null)...`;
}

/** What the agent writes when the process begins, ends or was killed. */
function agentChunks({ events, acts }: Course, limit: number): Chunk[] {
  const chunks: Chunk[] = [];
  let running = false;
  for (const { status, atMs } of events) {
    const act = acts.find(({ endMs }) => endMs === atMs)?.act ?? null;
    if (status === 'RUNNING') running = true;
    else if (running && act?.end === 'FAILED') chunks.push(exit(atMs, 1));
    else if (running && act !== null && status === act.end)
      chunks.push(chunk(atMs - 1, 'INFO', 'Process finished with: 0', null));
    else if (running && finalStatuses.includes(status))
      chunks.push(exit(Math.min(atMs, limit), 143));
    if (running) chunks.push(chunk(atMs, 'INFO', `Process status: ${status}`, null));
    if (status !== 'RUNNING') running = false;
  }
  return chunks;
}

function exit(atMs: number, code: number): Chunk {
  return chunk(atMs - 1, 'ERROR', `Process exit code: ${code}`, null);
}

/** A log, or that of one segment: what the range asks for, widened to whole chunks. */
export function readLog(run: Run, now: number, segment: number | null, range?: string): LogPart {
  const chunks = chunksOf(run, now).filter(
    ({ task }) => segment === null || segmentOf(task) === segment,
  );
  return partOf(
    chunks.map(({ bytes }) => bytes),
    range,
  );
}

/**
 * The server reads `bytes=a-b` as excluding `b`, takes anything that it cannot read behind `bytes=` for the whole, and
 * leaves it to the database to complain about a range that runs backwards.
 */
function partOf(chunks: readonly Buffer[], range: string | undefined): LogPart {
  const size = chunks.reduce((sum, { length }) => sum + length, 0);
  if (range !== undefined && !range.startsWith('bytes='))
    throw said(400, `Invalid 'range' header: ${range}`);
  const [, from = '', to = ''] = /^bytes=(\d*)-(\d*)$/.exec(range ?? '') ?? [];
  if (from === '' && to === '')
    return { start: 0, end: size, size, content: Buffer.concat(chunks) };
  const start = from === '' ? Math.max(size - Number(to), 0) : Number(from);
  const end = from === '' || to === '' ? Number.POSITIVE_INFINITY : Number(to);
  if (start > end)
    throw unexpected(
      'org.jooq.exception.DataAccessException: range lower bound must be less than or equal to range upper bound',
    );
  const found: { at: number; bytes: Buffer }[] = [];
  let at = 0;
  for (const bytes of chunks) {
    if (at < end && at + bytes.length > start && start < end) found.push({ at, bytes });
    at += bytes.length;
  }
  const content = Buffer.concat(found.map(({ bytes }) => bytes));
  const first = found[0]?.at ?? start;
  return { start: first, end: first + content.length, size, content };
}

/** Segment 0 is the system's; steps have theirs behind it. */
function segmentOf(task: number | null): number {
  return task === null ? 0 : task + 3;
}

/** The segments of a log that have begun by `now`. */
export function segmentsOf(run: Run, state: ConcordState, now: number): Record<string, unknown>[] {
  const date = (ms: number): string => printed(ms, state.zoneHours);
  const created = run.attempts[0]?.startMs ?? 0;
  const tasks = chunksOf(run, now).filter(({ task }) => task !== null);
  return [
    { id: 0, name: 'system', createdAt: date(created) },
    ...tasks.map(({ task, atMs, failed }) => ({
      id: segmentOf(task),
      correlationId: uuidOf(`${run.id}/segment/${String(task)}`),
      name: 'task: log',
      status: failed ? 'FAILED' : 'OK',
      statusUpdatedAt: date(atMs),
      createdAt: date(atMs),
      warnings: 0,
      errors: failed ? 1 : 0,
    })),
  ];
}
