import { beforeEach, expect } from '@jest/globals';
import { demandOf } from '../../src/catalogue/freshness.ts';
import type { ReadAnswer } from '../../src/catalogue/read-cache.ts';
import { UpstreamUnavailableError } from '../../src/domain/errors.ts';
import { policy } from './controlled-list.ts';
import type { Replica } from './replica.ts';
import type { Replicas } from './replicas.ts';

/** How a thing is read. */
export interface Reading {
  readonly what?: readonly string[];
  readonly cacheControl?: string;
  readonly timeoutMs?: number;
  readonly elsewhere?: boolean;
  readonly askedAt?: number;
}

export const down = new UpstreamUnavailableError('The ERP is down.', {
  upstream: { status: 503, code: 'E17', message: 'maintenance', requestId: 'r-1' },
});

/** Single reads of an upstream that a test fills, breaks and holds up; as new for each test. */
export class ControlledReads {
  /** What the upstream has under each key. */
  upstream: Record<string, unknown> = {};
  /** What it fails with. */
  error: Error | null = null;
  /** How often it was asked. */
  fetches = 0;
  readonly #replicas: Replicas;
  #gate: Promise<void> = Promise.resolve();
  #open: () => void = () => undefined;

  constructor(replicas: Replicas) {
    this.#replicas = replicas;
    beforeEach(() => {
      this.upstream = { invoices: { version: 1 } };
      [this.fetches, this.error, this.#gate] = [0, null, Promise.resolve()];
    });
  }

  /** Answers nothing from now on, until it is released. */
  hold(): void {
    this.#gate = new Promise((resolve) => {
      this.#open = resolve;
    });
  }

  release(): void {
    this.#open();
  }

  read(asked: Replica, reading: Reading = {}): Promise<ReadAnswer<unknown>> {
    const { what = ['process', 'invoices'], cacheControl, timeoutMs = 10_000 } = reading;
    const fetch = async (): Promise<unknown> => {
      this.fetches += 1;
      const [value, failure] = [this.upstream[what.at(-1)!] ?? null, this.error];
      await this.#gate;
      if (failure !== null) throw failure;
      return value;
    };
    const elsewhere = () => Promise.resolve(reading.elsewhere === true);
    const target = {
      connection: 'erp',
      platform: 'erp',
      policy,
      timeoutMs,
      what,
      fetch,
      elsewhere,
      ...(reading.askedAt === undefined ? {} : { askedAt: reading.askedAt }),
    };
    return asked.reads.read(target, demandOf(cacheControl));
  }

  /** Makes what is kept of a thing older than it is. */
  async age(seconds: number, what = 'process:invoices'): Promise<void> {
    const key = `${this.#replicas.prefix}:catalogue:{erp}:cell:read:${what}`;
    const { client } = this.#replicas.redis;
    expect(await client.exists(key)).toBe(1);
    await client.hincrby(key, 'asOf', -seconds * 1_000);
  }
}
