import type { Redis } from 'ioredis';
import { setTimeout as sleep } from 'node:timers/promises';
import { StoreUnavailableError } from '../domain/errors.ts';
import { inTime } from '../timing/within.ts';
import { ReplicaRounds } from './replica-rounds.ts';

const lookEveryMs = 10_000;
/** Less than the 250 ms in which a write has to be refused. */
const patienceMs = 120;
/** Before they are asked again, in ms, where that has failed. */
const againMs = 10;

/** Which Redis it is, and how many replicas must have what is written there. */
export interface ReplicationOptions {
  /** What every key begins with. */
  readonly prefix: string;
  /** 0: one, as long as any is connected. */
  readonly minReplicas: number;
}

/**
 * What was accepted counts only when so many replicas of Redis have it (`WAIT`): as many as are demanded, whether they are
 * there or not; where none is, one as long as any is connected.
 */
export class Replication {
  readonly #redis: Redis;
  readonly #rounds: ReplicaRounds;
  readonly #demanded: number;
  #hasReplicas = false;
  #lookedAt = Number.NEGATIVE_INFINITY;

  constructor(redis: Redis, { prefix, minReplicas }: ReplicationOptions) {
    this.#redis = redis;
    this.#rounds = new ReplicaRounds(redis, prefix);
    this.#demanded = minReplicas;
  }

  /** @throws StoreUnavailableError when too few have confirmed in time */
  async wait(): Promise<void> {
    const needed = this.#demanded > 0 ? this.#demanded : (await this.#isReplicated()) ? 1 : 0;
    if (needed === 0) return;
    const until = performance.now() + patienceMs;
    let answers = 0;
    let cause: unknown;
    const asked = async (): Promise<number> => {
      try {
        const confirmed = await this.#rounds.confirmed(needed);
        answers += 1;
        return confirmed;
      } catch (error) {
        cause = error;
        await sleep(againMs);
        return 0;
      }
    };
    while ((await inTimeOr(0, asked(), until - performance.now())) < needed) {
      if (performance.now() < until) continue;
      const missing =
        needed === 1 ? 'No replica of Redis has' : `Fewer than ${needed} replicas of Redis have`;
      const why =
        answers === 0 && cause !== undefined
          ? `Replicas of Redis cannot be asked: ${wordOf(cause)}.`
          : `${missing} confirmed in time.`;
      throw new StoreUnavailableError(why, { outcome: 'not_sent', cause });
    }
  }

  async #isReplicated(): Promise<boolean> {
    if (performance.now() - this.#lookedAt > lookEveryMs) {
      const info = await this.#redis.info('replication');
      this.#hasReplicas = Number(/^connected_slaves:(\d+)/m.exec(info)?.[1] ?? 0) > 0;
      this.#lookedAt = performance.now();
    }
    return this.#hasReplicas;
  }
}

/** How many, or none when that is not known in time. */
async function inTimeOr(none: number, asked: Promise<number>, ms: number): Promise<number> {
  return inTime(asked, Math.max(ms, 0)).catch(() => none);
}

/** Why, in a word for callers: sentences of Redis may say where it is, and whose it is. */
function wordOf(error: unknown): string {
  const { code, message } = error as { readonly code?: unknown; readonly message?: unknown };
  if (typeof code === 'string') return code;
  return /^[A-Z]{3,}\b/.exec(String(message))?.[0] ?? 'it broke off';
}
