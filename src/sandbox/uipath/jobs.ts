import { randomUUID } from 'node:crypto';
import { invalid, notFound, UipathFault } from './fault.ts';
import { isFinal, jobStates, parsedInput, progressOf, startedJob } from './job-state.ts';
import { startMembers } from './known-members.ts';
import type { Entity } from './query.ts';
import { Releases } from './releases.ts';
import { robotOf, robots } from './robots.ts';
import {
  nextId,
  type StopStrategy,
  type StoredFolder,
  type StoredJob,
  type StoredRelease,
  type UipathState,
} from './state.ts';

const longestInput = 10_000;

/** Members of a start request that its jobs show as they were given. */
const shown = [
  'Reference',
  'Source',
  'RuntimeType',
  'JobPriority',
  'SpecificPriorityValue',
  'BatchExecutionKey',
  'InputFile',
  'EnvironmentVariables',
  'EntryPointPath',
  'TraceId',
  'ParentSpanId',
  'RootSpanId',
] as const;

/** What may be filtered and ordered by in OData `Jobs`. */
export const jobMembers: Entity<StoredJob>['members'] = {
  Id: { type: 'number', of: (job) => job.id },
  Key: { type: 'guid', of: (job) => job.key },
  State: { type: jobStates, of: (job) => progressOf(job, Date.now()).state },
  ReleaseName: { type: 'string', of: (job) => job.releaseName },
  Reference: { type: 'string', of: (job) => textOf(job.asked['Reference']) },
  BatchExecutionKey: { type: 'guid', of: (job) => textOf(job.asked['BatchExecutionKey']) },
  CreationTime: { type: 'date', of: (job) => new Date(job.createdMs).toISOString() },
  StartTime: { type: 'date', of: (job) => instant(progressOf(job, Date.now()).startMs) },
  EndTime: { type: 'date', of: (job) => instant(progressOf(job, Date.now()).endMs) },
  OrganizationUnitId: { type: 'number', of: (job) => job.folderId },
  'Release/Id': { type: 'number', of: (job) => job.releaseId },
  'Release/Name': { type: 'string', of: (job) => job.releaseName },
  'Robot/Name': { type: 'string', of: (job) => robotOf(job.robotId).name },
};

function textOf(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}

/** A time as rows write it. */
export function instant(ms: number | null): string | null {
  return ms === null ? null : new Date(ms).toISOString();
}

/** The jobs of one folder. */
export class Jobs {
  readonly #state: UipathState;
  readonly #folder: StoredFolder;

  constructor(state: UipathState, folder: StoredFolder) {
    this.#state = state;
    this.#folder = folder;
  }

  all(): StoredJob[] {
    return this.#state.jobs.filter((job) => job.folderId === this.#folder.id);
  }

  /** By number or key. */
  find(id: string): StoredJob {
    const wanted = id.toLowerCase();
    const found = this.all().find((job) => String(job.id) === wanted || job.key === wanted);
    if (found === undefined) throw notFound(`Job ${id}`);
    return found;
  }

  start(info: Readonly<Record<string, unknown>>): StoredJob[] {
    const release = this.checked(info);
    const asked = Object.fromEntries(
      shown.filter((name) => info[name] !== undefined).map((name) => [name, info[name]]),
    );
    const batch = { BatchExecutionKey: randomUUID(), ...asked };
    return robotsFor(info).map((robotId) =>
      this.#add(release, { inputArguments: inputOf(info), robotId, asked: batch }),
    );
  }

  /**
   * The release that a start request means.
   * @throws UipathFault for everything that is wrong with the request
   */
  checked(info: Readonly<Record<string, unknown>>): StoredRelease {
    if (Object.keys(info).some((name) => !startMembers.has(name)))
      throw invalid('startInfo must not be null');
    const id = info['ReleaseKey'] ?? info['ReleaseName'];
    if (typeof id !== 'string') throw invalid('ReleaseKey or ReleaseName is required.');
    const rows = new Releases(this.#state, this.#folder).rows();
    const found = rows.find(
      ({ release }) => release.key === id.toLowerCase() || release.name === id,
    );
    if (found === undefined) throw notFound(`Process ${id}`);
    if (found.newest() === null) throw notFound(`Package ${found.release.processKey}`);
    inputOf(info);
    robotsFor(info);
    const file = info['InputFile'];
    if (file !== undefined && !this.#state.attachments.some((each) => each.id === file))
      throw notFound('The input file');
    return found.release;
  }

  /** A soft stop may be followed by a kill; what has ended cannot be stopped. */
  stop(job: StoredJob, strategy: StopStrategy): void {
    const { state } = progressOf(job, Date.now());
    if (isFinal(state)) throw new UipathFault(400, 1009, `Job is already in state ${state}.`);
    if (job.stop?.strategy !== 'Kill') job.stop = { atMs: Date.now(), strategy };
  }

  restart(job: StoredJob): StoredJob {
    if (!isFinal(progressOf(job, Date.now()).state))
      throw new UipathFault(400, 1009, 'Only a job that has ended can be restarted.');
    const { inputArguments, robotId, asked } = job;
    const release = new Releases(this.#state, this.#folder).find(String(job.releaseId));
    return this.#add(release, { inputArguments, robotId, asked });
  }

  resume(job: StoredJob): void {
    if (progressOf(job, Date.now()).state !== 'Suspended')
      throw new UipathFault(400, 1009, 'Only a suspended job can be resumed.');
    job.resumedMs = Date.now();
  }

  #add(
    release: StoredRelease,
    more: Pick<StoredJob, 'inputArguments' | 'robotId' | 'asked'>,
  ): StoredJob {
    const job = startedJob(release, {
      ...more,
      id: nextId(this.#state),
      key: randomUUID(),
      createdMs: Date.now(),
    });
    this.#state.jobs.push(job);
    return job;
  }
}

/** JSON in a string, or nothing. */
function inputOf(info: Readonly<Record<string, unknown>>): string | null {
  const value = info['InputArguments'] ?? null;
  if (value === null) return null;
  if (typeof value !== 'string') throw invalid('startInfo must not be null');
  if (value.length > longestInput)
    throw invalid(`The field InputArguments must not be longer than ${longestInput}.`);
  try {
    parsedInput(value);
  } catch {
    throw invalid('InputArguments must be a valid JSON.');
  }
  return value;
}

/** One robot per job that a strategy asks for. */
function robotsFor(info: Readonly<Record<string, unknown>>): number[] {
  const { Strategy: strategy = 'ModernJobsCount', RobotIds: ids, JobsCount: count = 1 } = info;
  if (info['NoOfRobots'] !== undefined || strategy === 'RobotCount')
    throw invalid('The strategy RobotCount is not available in this folder.');
  if (strategy === 'Specific') {
    if (!Array.isArray(ids) || ids.length === 0) throw invalid('RobotIds must not be empty.');
    const known = ids.map((id) => robots.find((robot) => robot.id === id)?.id);
    if (known.includes(undefined)) throw invalid('One or more robots do not exist in this folder.');
    return known.filter((id) => id !== undefined);
  }
  if (strategy === 'All') return robots.map((robot) => robot.id);
  if (strategy !== 'JobsCount' && strategy !== 'ModernJobsCount')
    throw invalid('startInfo must not be null');
  if (typeof count !== 'number' || !Number.isInteger(count) || count < 1 || count > 1_000)
    throw invalid('The number of jobs must be greater than 0.');
  return Array.from({ length: count }, (_, at) => robots[at % robots.length]?.id ?? 301);
}
