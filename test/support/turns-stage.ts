import { expect } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { EventEmitter, once } from 'node:events';
import { PreconditionFailedError } from '../../src/domain/errors.ts';
import type { AcceptedOnce } from '../../src/ledger/accept-once.ts';
import type { OperationOrder } from '../../src/operations/operation-acceptance.ts';
import { eventually } from './eventually.ts';
import { OperationStage } from './operation-stage.ts';

interface Asked {
  readonly key?: string | null;
  /** What checking it takes. */
  readonly checks?: () => Promise<unknown>;
  readonly others?: readonly string[];
}

/** How it is refused that something is changed which another change has its turn of. */
export const refused = { code: 'conflict', details: { outcome: 'not_sent', retryable: true } };
/** How a check refuses a change. */
export const stale = new PreconditionFailedError('Stale.', { outcome: 'not_sent' });

/** A thing that nothing has changed yet. */
export const newThing = (): string => `erp:${randomUUID()}`;

/** A check that takes until it is told how it ends. */
export class Held {
  readonly #events = new EventEmitter();
  #begins = 0;

  readonly checks = async (): Promise<void> => {
    this.#begins += 1;
    const [error] = (await once(this.#events, 'end')) as [Error | null];
    if (error !== null) throw error;
  };

  async begun(times = 1): Promise<void> {
    await eventually(() => {
      expect(this.#begins).toBe(times);
    });
  }

  end(error: Error | null = null): void {
    this.#events.emit('end', error);
  }
}

/** Changes that wait for one another. */
export class TurnsStage extends OperationStage {
  /** Asks for a change of a thing. */
  ask(
    thing: string,
    { key = null, checks = () => Promise.resolve(), others = [] }: Asked = {},
  ): Promise<AcceptedOnce<unknown>> {
    const prepare = async (): Promise<OperationOrder> => {
      await checks();
      const about = { kind: 'tag_version', connection: 'erp', platform: 'erp' } as const;
      const who = { process: 'invoices', input: {}, requestId: 'r', caller: 'me' };
      return {
        part: 'tags',
        operation: { ...about, ...who },
        prepared: await this.change.prepare(),
      };
    };
    const keyed = { caller: 'me', idempotencyKey: key };
    return this.acceptance.once(keyed, 'print', thing, prepare, others);
  }

  /** Where the turn of a thing lies. */
  async nameOf(thing: string): Promise<string> {
    const [name = ''] = await this.redis.client.keys(`${this.redis.prefix}*:turn:{${thing}}`);
    return name;
  }

  /** As if the request that holds the turn of a thing had not renewed it for long. */
  async expire(thing: string): Promise<void> {
    await this.redis.client.del(await this.nameOf(thing));
  }

  /** As if every request that holds a key had died. */
  async die(): Promise<void> {
    const { client, prefix } = this.redis;
    for (const name of await client.keys(`${prefix}*:idempotency:*`)) {
      const claim = JSON.parse((await client.get(name)) ?? '') as { claimedAt: number };
      const old = JSON.stringify({ ...claim, claimedAt: claim.claimedAt - 60_000 });
      await client.set(name, old);
    }
  }
}
