import { uuidOf } from '../kit/random.ts';
import { isFinal, type JobState, progressOf } from './job-state.ts';
import { instant, jobMembers } from './jobs.ts';
import type { Entity } from './query.ts';
import { robotOf } from './robots.ts';
import type { StoredFolder, StoredJob, UipathState } from './state.ts';

/** Longer output goes into a file. */
const longestOutput = 10_000;

/** `JobDto`. */
export function jobEntity(state: UipathState): Entity<StoredJob> {
  const folders = new Map(state.folders.map((folder) => [folder.id, folder]));
  return {
    name: 'Jobs',
    members: jobMembers,
    expands: ['Robot', 'Machine', 'Release'],
    show: (job, expanded) => ({
      ...showJob(job, folders.get(job.folderId)),
      ...(expanded.has('Robot') ? { Robot: showRobot(job) } : {}),
      ...(expanded.has('Machine') ? { Machine: showMachine(job) } : {}),
      ...(expanded.has('Release') ? { Release: showRelease(job, state) } : {}),
    }),
  };
}

/** Members that are there, and empty in these jobs unless their start gave them. */
const empty = {
  AutopilotForRobots: null,
  BatchExecutionKey: null,
  EntryPointPath: null,
  FpsContext: null,
  FpsProperties: null,
  InputFile: null,
  MaxExpectedRunningTimeSeconds: null,
  OrchestratorUserIdentity: null,
  ParentJobKey: null,
  ParentSpanId: null,
  ProfilingOptions: null,
  ReleaseVersionId: null,
  ResourceOverwrites: null,
  ResumeVersion: null,
  RootSpanId: null,
  ServerlessJobType: null,
  StartingScheduleId: null,
  StartingTriggerId: null,
  SubState: null,
  TraceId: null,
};

function showJob(job: StoredJob, folder: StoredFolder | undefined): Record<string, unknown> {
  const { state, startMs, endMs } = progressOf(job, Date.now());
  const faulted = state === 'Faulted';
  return {
    ...empty,
    Key: job.key,
    StartTime: instant(startMs),
    EndTime: instant(endMs),
    State: state,
    JobPriority: 'Normal',
    SpecificPriorityValue: 45,
    Source: 'Manual',
    SourceType: 'Manual',
    Info: infoOf(state),
    CreationTime: instant(job.createdMs),
    ReleaseName: job.releaseName,
    Type: 'Unattended',
    InputArguments: job.inputArguments,
    EnvironmentVariables: '',
    ...outputOf(job, state),
    HostMachineName: startMs === null ? null : robotOf(job.robotId).machine.name,
    HasMediaRecorded: faulted,
    HasVideoRecorded: false,
    PersistenceId: state === 'Suspended' ? uuidOf(`uipath/persistence/${job.key}`) : null,
    StopStrategy: job.stop?.strategy ?? null,
    RuntimeType: 'Unattended',
    RequiresUserInteraction: false,
    OrganizationUnitId: job.folderId,
    OrganizationUnitFullyQualifiedName: folder?.path ?? null,
    Reference: '',
    ProcessType: 'Process',
    ResumeOnSameContext: false,
    LocalSystemAccount: robotOf(job.robotId).userName,
    RemoteControlAccess: 'None',
    ResumeTime: instant(job.resumedMs),
    LastModificationTime: instant(endMs ?? startMs ?? job.createdMs),
    JobError: faulted ? errorOf(endMs) : null,
    ErrorCode: faulted ? 'BusinessException' : null,
    Id: job.id,
    ...job.asked,
  };
}

function infoOf(state: JobState): string | null {
  if (state === 'Successful') return 'Job completed';
  if (state === 'Stopped') return 'Job stopped';
  return state === 'Faulted' ? 'The target application refused the batch.' : null;
}

function errorOf(endMs: number | null): Record<string, unknown> {
  return {
    code: 'BusinessException',
    title: 'The target application refused the batch.',
    detail: 'UiPath.Core.BusinessRuleException: The target application refused the batch.',
    category: 'User',
    status: null,
    timestamp: instant(endMs),
  };
}

/** JSON in a string, or beyond its length a file. */
function outputOf(job: StoredJob, state: JobState): Record<string, unknown> {
  const handled = 40 + (job.id % 60);
  const output =
    job.outputChars > 0
      ? JSON.stringify({ out_Text: 'x'.repeat(job.outputChars) })
      : JSON.stringify({ out_ItemsHandled: handled });
  if (state !== 'Successful') return { OutputArguments: null, OutputFile: null };
  return output.length > longestOutput
    ? { OutputArguments: null, OutputFile: outputFileOf(job) }
    : { OutputArguments: output, OutputFile: null };
}

/** The attachment that holds a job's output when it is too long for its row. */
export function outputFileOf(job: StoredJob): string {
  return uuidOf(`uipath/output/${job.key}`);
}

/** Whether a job has left behind what it leaves behind. */
export function hasEnded(job: StoredJob): boolean {
  return isFinal(progressOf(job, Date.now()).state);
}

function showRobot(job: StoredJob): Record<string, unknown> {
  const { id, name, userName, machine } = robotOf(job.robotId);
  return {
    Id: id,
    Name: name,
    Username: userName,
    MachineName: machine.name,
    MachineId: machine.id,
    Type: 'Unattended',
    HostingType: 'Floating',
  };
}

function showMachine(job: StoredJob): Record<string, unknown> {
  const { machine } = robotOf(job.robotId);
  return { Id: machine.id, Name: machine.name, Key: machine.key, Type: 'Template' };
}

function showRelease(job: StoredJob, state: UipathState): Record<string, unknown> {
  const release = state.releases.find((each) => each.id === job.releaseId);
  return {
    Id: job.releaseId,
    Key: release?.key ?? null,
    Name: job.releaseName,
    ProcessKey: job.processKey,
    ProcessVersion: job.version,
  };
}
