import { type ErrorDetails, type FieldError, InvalidRequestError } from '../../domain/errors.ts';
import type { StartRequest } from '../../domain/run.ts';
import { UipathStartOptions } from './uipath.options.ts';

/** What makes one job out of a start: members of `StartProcessDto`, for POST odata/Jobs/…StartJobs. */
export interface StartInfo {
  readonly Reference: string;
  readonly Strategy: string;
  readonly RobotIds?: readonly number[];
  readonly JobsCount?: number;
  readonly JobPriority?: string;
  readonly RuntimeType?: string;
}

/**
 * One for each run that a start makes, so that each can be proved for itself.
 * @throws InvalidRequestError for options that contradict each other
 */
export function startInfos(request: StartRequest, details: ErrorDetails): readonly StartInfo[] {
  const options = Object.assign(new UipathStartOptions(), request.options);
  const errors = contradictions(options);
  if (errors.length > 0)
    throw new InvalidRequestError('The options contradict each other.', { ...details, errors });
  const { robots, jobsCount = 1, strategy, priority, runtimeType } = options;
  const common = {
    ...(priority === undefined ? {} : { JobPriority: priority }),
    ...(runtimeType === undefined ? {} : { RuntimeType: runtimeType }),
  };
  const single = { Strategy: strategy ?? 'ModernJobsCount', JobsCount: 1 };
  const jobs =
    robots === undefined
      ? Array.from({ length: jobsCount }, () => single)
      : robots.map((id) => ({ Strategy: 'Specific', RobotIds: [id] }));
  return jobs.map((job, at) => ({
    ...job,
    ...common,
    Reference: jobs.length === 1 ? request.mark : `${request.mark}.${at + 1}`,
  }));
}

function contradictions({ strategy, robots, jobsCount }: UipathStartOptions): FieldError[] {
  const errors: FieldError[] = [];
  if (strategy === 'Specific' && robots === undefined)
    errors.push({ at: 'options.robots', message: 'must name the robots of the strategy Specific' });
  if (strategy !== undefined && strategy !== 'Specific' && robots !== undefined)
    errors.push({ at: 'options.strategy', message: 'must be Specific where robots are named' });
  if (robots !== undefined && jobsCount !== undefined)
    errors.push({ at: 'options.jobsCount', message: 'must be left out where robots are named' });
  return errors;
}
