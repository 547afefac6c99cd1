import type { FrendsState, StoredInstance } from './state.ts';
import { dotNetDate, placeOf } from './state.ts';

/** A run becomes visible so long after it was accepted. */
const visibleAfterMs = 300;

/** The state of a run by the clock. */
export type ExecutionState = 'Running' | 'Finished' | 'Failed';

export function stateOf(instance: StoredInstance, now: number): ExecutionState {
  if (now < endOf(instance)) return 'Running';
  return instance.fails ? 'Failed' : 'Finished';
}

/** When a run ends or ended, in ms since 1970. */
function endOf({ startMs, durationMs }: StoredInstance): number {
  return startMs + durationMs;
}

/** Whether the tenant shows a run: not at once, and a successful one not at all where only errors are logged. */
export function isVisible(instance: StoredInstance, now: number): boolean {
  const isHidden = instance.isUnlogged && !instance.fails && now >= endOf(instance);
  return now >= instance.startMs + visibleAfterMs && !isHidden;
}

const failure = 'System.TimeoutException: The target did not answer within 30 seconds.';

/** A run as the list of an agent group has it. */
export function viewOf(state: FrendsState, instance: StoredInstance, now: number): object {
  const status = stateOf(instance, now);
  const place = placeOf(state, instance.agentGroupId);
  const start = dotNetDate(instance.startMs);
  return {
    id: instance.id,
    parentId: null,
    processId: instance.versionId,
    rootProcessId: instance.versionId,
    processVersion: instance.version,
    state: status,
    startTimeUtc: start,
    endTimeUtc: status === 'Running' ? null : dotNetDate(endOf(instance)),
    utcDate: `${start.slice(0, 10)}T00:00:00Z`,
    utcHour: new Date(instance.startMs).getUTCHours(),
    executionId: instance.executionId,
    triggerId: null,
    agentId: 1,
    environmentId: place?.environment.id ?? 0,
    agentGroupId: instance.agentGroupId,
    exception: status === 'Failed' ? failure : null,
    userName: instance.userName,
    stepsLoggedToBlobs: true,
    hasLoggedSteps: !instance.isUnlogged,
    acknowledgedUtc: instance.acknowledgedUtc,
    commentJson: null,
    comment: instance.comment,
    promotedData: [],
    triggerName: instance.triggerName,
    environmentName: place?.environment.displayName ?? null,
    agentName: place?.agentGroup.agents[0] ?? null,
    processGuid: instance.guid,
    parentName: null,
    triggerRequest: null,
    triggerResponses: null,
    promotedColumns: [],
  };
}

/** A run alone: its steps are not in the answer but behind a link of its own. */
export function detailsOf(
  state: FrendsState,
  instance: StoredInstance,
  now: number,
  stepDataUri: string,
): object {
  const status = stateOf(instance, now);
  const place = placeOf(state, instance.agentGroupId);
  return {
    executionId: instance.executionId,
    processGuid: instance.guid,
    processName: instance.name,
    processVersion: instance.version,
    state: status,
    startTimeUtc: dotNetDate(instance.startMs),
    endTimeUtc: status === 'Running' ? null : dotNetDate(endOf(instance)),
    durationMs: Math.min(now, endOf(instance)) - instance.startMs,
    environmentName: place?.environment.displayName ?? null,
    agentGroupName: place?.agentGroup.displayName ?? null,
    agentName: place?.agentGroup.agents[0] ?? null,
    triggerName: instance.triggerName,
    triggerParameters: instance.parameters,
    exceptionMessage: status === 'Failed' ? failure : null,
    hasLoggedSteps: !instance.isUnlogged,
    steps: null,
    stepDataUri: instance.isUnlogged ? null : stepDataUri,
  };
}

const stepNames = ['Manual', 'Fetch items', 'Validate items', 'Store items', 'Return'] as const;

/** What a run has logged by now, step by step. */
export function stepsOf(instance: StoredInstance, now: number): object[] {
  const share = instance.durationMs / stepNames.length;
  return stepNames.flatMap((name, index) => {
    const startMs = instance.startMs + index * share;
    if (now < startMs) return [];
    const isLast = index === stepNames.length - 1;
    const isOver = now >= startMs + share;
    return [
      {
        name,
        elementId: index === 0 ? 'StartEvent_1' : `Activity_${index - 1}`,
        startTimeUtc: dotNetDate(startMs),
        endTimeUtc: isOver ? dotNetDate(startMs + share) : null,
        parameters: index === 0 ? instance.parameters : { batch: index, items: 100 * index },
        result: isOver ? `${name}: 100 of 100 items handled for ${instance.name}` : null,
        exception: isOver && isLast && instance.fails ? failure : null,
      },
    ];
  });
}
