import type {
  ChangePart,
  ChangeReceipt,
  ChangeTerms,
  PreparedChange,
} from '../../domain/change.ts';
import type { Native } from '../../domain/native.ts';
import type { CertainWrite, Reconciliation } from '../../domain/write.ts';
import { AskedConcord, signal } from './concord.testing.ts';

/** Where the repositories of Finance stand. */
export const place = '/api/v1/org/Finance/project/finance-automation/repository';
export const intake = 'Finance:finance-automation:main:Invoice%20intake';
export const legacy = 'Finance:finance-automation:legacy:';
/** What errors of a change that was not sent say. */
export const refusal = { connection: 'concord', platform: 'concord', outcome: 'not_sent' };

/** Changes as the ledger makes them. */
export class ChangingConcord extends AskedConcord {
  /** What was planned, as the ledger gives it back. */
  async prepare<Q extends ChangeTerms>(part: ChangePart<Q>, request: Q): Promise<PreparedChange> {
    const prepared = await part.prepare(request, signal());
    return JSON.parse(JSON.stringify(prepared)) as PreparedChange;
  }

  send(part: CertainWrite<ChangeReceipt>, evidence: Native): Promise<ChangeReceipt> {
    return part.send(evidence, {
      signal: signal(),
      permit: () => undefined,
      openFile: () => Promise.reject(new Error('there is no file')),
    });
  }

  reconcile(
    part: CertainWrite<ChangeReceipt>,
    evidence: Native,
  ): Promise<Reconciliation<ChangeReceipt>> {
    return part.reconcile(evidence, { from: Date.now() - 1_000, until: Date.now() }, signal());
  }

  /** What has happened, in order. */
  effects(): string[] {
    return this.sandbox.ledger().map(({ effect }) => effect);
  }

  /** The next change of a repository gets no answer. */
  loseAnswer(kind: 'reset' | 'resetAfterEffect'): void {
    this.sandbox.faults.add({ method: 'POST', path: '/repository', times: 1, fault: { kind } });
  }

  /** As somebody else calls it. */
  async call(method: string, path: string, body?: object): Promise<Native> {
    const answer = await fetch(`${this.sandbox.url}${path}`, {
      method,
      headers: { authorization: 'sandbox-secret', 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return answer.status === 200 ? ((await answer.json()) as Native) : {};
  }

  /** A repository of Finance. */
  repository(name: string): Promise<Native> {
    return this.call('GET', `${place}/${name}`);
  }
}
