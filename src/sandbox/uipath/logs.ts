import { progressOf } from './job-state.ts';
import { countOf, answerList, contextOf, type Entity } from './query.ts';
import { robotOf } from './robots.ts';
import type { Call, Endpoint } from './router.ts';
import type { StoredJob } from './state.ts';
import { Jobs } from './jobs.ts';

const scope = 'OR.Monitoring';
const levels = ['Trace', 'Debug', 'Info', 'Warn', 'Error', 'Fatal'] as const;

/** A line that a robot wrote. */
interface LogLine {
  readonly job: StoredJob;
  readonly level: (typeof levels)[number];
  readonly atMs: number;
  readonly message: string;
}

/** `LogDto`. Its number is always 0. */
const logEntity: Entity<LogLine> = {
  name: 'RobotLogs',
  members: {
    JobKey: { type: 'guid', of: (line) => line.job.key },
    TimeStamp: { type: 'date', of: (line) => new Date(line.atMs).toISOString() },
    Level: { type: levels, of: (line) => line.level },
    Message: { type: 'string', of: (line) => line.message },
    ProcessName: { type: 'string', of: (line) => line.job.processKey },
    RobotName: { type: 'string', of: (line) => robotOf(line.job.robotId).name },
  },
  expands: [],
  show: ({ job, level, atMs, message }) => {
    const { name, userName, machine } = robotOf(job.robotId);
    const timeStamp = new Date(atMs).toISOString();
    return {
      Level: level,
      WindowsIdentity: userName,
      ProcessName: job.processKey,
      TimeStamp: timeStamp,
      Message: message,
      JobKey: job.key,
      RawMessage: JSON.stringify({ message, level, timeStamp, jobId: job.key, robotName: name }),
      RobotName: name,
      HostMachineName: machine.name,
      MachineId: machine.id,
      MachineKey: machine.key,
      RuntimeType: 'Unattended',
      Id: 0,
    };
  },
};

/** OData `RobotLogs`: what the jobs of a folder wrote. */
export const logEndpoints: readonly Endpoint[] = [
  {
    method: 'GET',
    template: 'odata/RobotLogs',
    scope,
    answer: (call) => answerList(logEntity, linesOf(call), call.query),
  },
  {
    method: 'GET',
    template: 'odata/RobotLogs/UiPath.Server.Configuration.OData.GetTotalCount',
    scope,
    answer: (call) => ({
      '@odata.context': contextOf('Edm.Int64'),
      value: countOf(logEntity, linesOf(call), call.query),
    }),
  },
];

function linesOf(call: Call): LogLine[] {
  const now = Date.now();
  return new Jobs(call.state, call.folder).all().flatMap((job) => linesOfJob(job, now));
}

/** The lines that a job has written by `now`. */
function linesOfJob(job: StoredJob, now: number): LogLine[] {
  const { state, startMs, endMs } = progressOf(job, now);
  if (startMs === null) return [];
  const line = (level: LogLine['level'], atMs: number, message: string): LogLine => ({
    job,
    level,
    atMs,
    message,
  });
  const step = job.durationMs / 5;
  const steps = [
    `${job.processKey} execution started`,
    `Arguments: ${job.inputArguments ?? '{}'}`,
    'Opened the work list: 3 batches are waiting, none is locked by another robot',
    'Batch 1 of 3 handled, all items were accepted by the target application',
    'Batch 2 of 3 handled, one item was tried again after a timeout of the target application',
  ].map((message, at) => line('Info', startMs + at * step, message));
  const until = Math.min(now, endMs ?? now);
  const written = steps.filter((each) => each.atMs <= until);
  if (endMs === null) return written;
  if (state === 'Faulted')
    written.push(line('Error', endMs, 'The target application refused the batch.'));
  return [...written, line('Info', endMs, `${job.processKey} execution ended`)];
}
