import type { Environment, Execution } from './state.ts';

const triggeredMs = 300;

/** The execution log as `process-exec` shows it at `now` (ms since 1970). */
export function logOf(execution: Execution, now: number): Record<string, unknown> {
  const age = now - execution.startMs;
  const ended = age >= execution.durationMs;
  const ending = execution.fails ? 'failed' : 'success';
  const status = age < triggeredMs ? 'triggered' : ended ? ending : 'running';
  const end = new Date(execution.startMs + execution.durationMs).toISOString();
  return {
    _id: execution._id,
    service: execution.service,
    name: execution.name,
    environment: execution.environment,
    trigger: execution.trigger,
    reason: execution.reason ?? '',
    start: new Date(execution.startMs).toISOString(),
    ...(ended ? { end } : {}),
    runAs: 'sandbox@example.com',
    status,
    message: ended ? (execution.fails ? 'The loader failed' : 'Completed') : '',
    phases: phasesOf(execution, now),
  };
}

function phasesOf(execution: Execution, now: number): Record<string, unknown>[] {
  const third = execution.durationMs / 3;
  return ['extract', 'transform', 'load'].flatMap((name, index) => {
    const start = execution.startMs + index * third;
    if (now < start + triggeredMs) return [];
    const ended = now >= start + third;
    const failed = execution.fails && index === 2;
    return [
      {
        name,
        start: new Date(start).toISOString(),
        ...(ended ? { end: new Date(start + third).toISOString() } : {}),
        status: ended ? (failed ? 'failed' : 'success') : 'running',
        message: failed && ended ? 'The target refused the batch' : '',
        log: [
          `${name}: started for ${execution.name} with ${JSON.stringify(execution.input)}`,
          `${name}: 1 of 2 batches handled, no rejected rows`,
          ...(ended ? [`${name}: 2 of 2 batches handled, ${failed ? 'giving up' : 'done'}`] : []),
        ],
      },
    ];
  });
}

/** The newest executions first, as `process-exec` lists them. */
export function executionsOf(environment: Environment): Execution[] {
  return [...environment.executions].reverse();
}
