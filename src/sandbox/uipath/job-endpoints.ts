import { own } from '../kit/own.ts';
import { invalid } from './fault.ts';
import { jobEntity } from './job-rows.ts';
import { isFinal, progressOf } from './job-state.ts';
import { Jobs } from './jobs.ts';
import { countListCall } from './list-quota.ts';
import { answerList, answerOne, contextOf } from './query.ts';
import type { Call, Endpoint } from './router.ts';
import type { StopStrategy, StoredJob } from './state.ts';

const scope = 'OR.Jobs';
const functions = 'UiPath.Server.Configuration.OData';

/** OData `Jobs`: what runs and ran in a folder. */
export const jobEndpoints: readonly Endpoint[] = [
  {
    method: 'GET',
    template: 'odata/Jobs',
    scope,
    answer: (call) => {
      countListCall(call);
      return answerList(jobEntity(call.state), jobsOf(call).all(), call.query);
    },
  },
  { method: 'GET', template: 'odata/Jobs({id:int})', scope, answer: get },
  {
    method: 'GET',
    template: `odata/Jobs/${functions}.GetByKey(identifier={id:guid})`,
    scope,
    answer: get,
  },
  { method: 'POST', template: `odata/Jobs/${functions}.StartJobs`, scope, answer: start },
  {
    method: 'POST',
    template: `odata/Jobs/${functions}.ValidateDynamicJob`,
    scope,
    answer: (call) => {
      jobsOf(call).checked(startInfoOf(call));
      const validity = { IsValid: true, Errors: [], ErrorCodes: [] };
      return { '@odata.context': contextOf('ValidationResultDto'), ...validity };
    },
  },
  {
    method: 'POST',
    template: `odata/Jobs({id:int})/${functions}.StopJob`,
    scope,
    answer: (call) => stop(call, [call.param('id')]),
  },
  {
    method: 'POST',
    template: `odata/Jobs/${functions}.StopJobs`,
    scope,
    answer: (call) => {
      const { jobIds } = call.json('body');
      if (!Array.isArray(jobIds)) throw invalid('jobIds must not be null');
      return stop(call, jobIds.map(String));
    },
  },
  { method: 'POST', template: `odata/Jobs/${functions}.RestartJob`, scope, answer: restart },
  { method: 'POST', template: `odata/Jobs/${functions}.ResumeJob`, scope, answer: resume },
  { method: 'POST', template: `odata/Jobs/${functions}.Export`, scope, answer: exported },
  { method: 'GET', template: 'api/Stats/GetJobsStats', scope: 'OR.Monitoring', answer: stats },
];

function jobsOf(call: Call): Jobs {
  return new Jobs(call.state, call.folder);
}

function one(call: Call, job: StoredJob): unknown {
  return answerOne(jobEntity(call.state), job, call.query);
}

function get(call: Call): unknown {
  return one(call, jobsOf(call).find(call.param('id')));
}

function startInfoOf(call: Call): Readonly<Record<string, unknown>> {
  const { startInfo } = call.json('startInfo');
  if (typeof startInfo !== 'object' || startInfo === null)
    throw invalid('startInfo must not be null');
  return startInfo as Record<string, unknown>;
}

/** One job per robot or count that was asked for. */
function start(call: Call): unknown {
  const jobs = jobsOf(call).start(startInfoOf(call));
  for (const job of jobs) record(call, 'run.started', job);
  const { show, name } = jobEntity(call.state);
  void call.reply.code(201);
  return {
    '@odata.context': contextOf(name),
    value: jobs.map((job) => show(job, new Set())),
  };
}

function record(call: Call, effect: string, job: StoredJob): void {
  const { id, key, releaseName, processKey, version } = job;
  const reference = job.asked['Reference'] ?? null;
  call.store.record(effect, { id, key, releaseName, processKey, version, reference });
}

const strategies: Readonly<Record<string, StopStrategy>> = {
  SoftStop: 'SoftStop',
  Kill: 'Kill',
  '1': 'SoftStop',
  '2': 'Kill',
};

function stop(call: Call, ids: readonly string[]): null {
  const strategy = own(strategies, String(call.json('body')['strategy']));
  if (strategy === undefined) throw invalid('strategy must not be null');
  const jobs = jobsOf(call);
  for (const job of ids.map((id) => jobs.find(id))) {
    jobs.stop(job, strategy);
    record(call, strategy === 'Kill' ? 'run.killed' : 'run.stopped', job);
  }
  return null;
}

function restart(call: Call): unknown {
  const jobs = jobsOf(call);
  const job = jobs.restart(jobs.find(String(call.json('body')['jobId'])));
  record(call, 'run.restarted', job);
  return one(call, job);
}

function resume(call: Call): unknown {
  const jobs = jobsOf(call);
  const job = jobs.find(String(call.json('body')['jobKey']));
  jobs.resume(job);
  record(call, 'run.resumed', job);
  return one(call, job);
}

/** A report that is made in the background; where it can be fetched is not part of the API. */
function exported(call: Call): unknown {
  jobsOf(call);
  return {
    '@odata.context': contextOf('ExportModel'),
    Id: 1,
    Name: `jobs-${new Date().toISOString().slice(0, 10)}`,
    Type: 'Jobs',
    Status: 'New',
    RequestedAt: new Date().toISOString(),
    ExecutedAt: null,
    Size: null,
  };
}

/** Counts over all folders. */
function stats(call: Call): unknown {
  const states = call.state.jobs.map((job) => progressOf(job, Date.now()).state);
  const count = (title: string, matches: (state: (typeof states)[number]) => boolean): object => ({
    title,
    count: states.filter(matches).length,
    hasPermissions: true,
  });
  return [
    count('Successful', (state) => state === 'Successful'),
    count('Faulted', (state) => state === 'Faulted'),
    count('Stopped', (state) => state === 'Stopped'),
    count('Running', (state) => !isFinal(state)),
  ];
}
