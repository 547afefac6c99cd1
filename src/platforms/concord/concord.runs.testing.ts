import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { RunRecord, RunRef, RunStatus } from '../../domain/run.ts';
import { AskedConcord, signal } from './concord.testing.ts';

const patienceMs = 12_000;

/** Native ids that no run can have. */
export const impossible = ['', 'x', '..', `${randomUUID()}/..`];

/** A run of which nothing is known but its id. */
export function refTo(nativeId: string): RunRef {
  return { nativeId, process: null, createdAt: null };
}

/** Runs of the platform's checks, as others start them. */
export class RunningConcord extends AskedConcord {
  async start(entryPoint: string, input: object = {}, meta: object = {}): Promise<RunRef> {
    const place = { org: 'Default', project: 'platform-checks', repo: 'main' };
    const body = new FormData();
    for (const [name, value] of Object.entries({ ...place, entryPoint, out: 'greeting' }))
      body.set(name, value);
    for (const [name, value] of Object.entries({ request: { arguments: input }, meta }))
      body.set(name, new Blob([JSON.stringify(value)], { type: 'application/json' }), name);
    const answer = await fetch(`${this.sandbox.url}/api/v1/process`, {
      method: 'POST',
      headers: { authorization: 'sandbox-secret' },
      body,
    });
    return refTo(((await answer.json()) as { instanceId: string }).instanceId);
  }

  async until(
    { nativeId }: Pick<RunRef, 'nativeId'>,
    ...statuses: readonly RunStatus[]
  ): Promise<RunRecord> {
    for (const end = Date.now() + patienceMs; Date.now() < end;) {
      const run = await this.parts().runs.get(nativeId, signal());
      if (run !== null && statuses.includes(run.status)) return run;
      await sleep(50);
    }
    throw new Error(`it never was ${statuses.join(' or ')}`);
  }

  /** How often this has happened. */
  effects(name: string): number {
    return this.sandbox.ledger().filter(({ effect }) => effect === name).length;
  }
}
