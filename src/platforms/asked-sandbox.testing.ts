import { afterAll, afterEach, beforeAll } from '@jest/globals';
import type { Exchange, Sandbox, SandboxOptions } from '../sandbox/kit/sandbox.ts';
import { UpstreamFactory } from '../upstream/upstream.factory.ts';

/** The sandbox of a spec file, without faults at the beginning of each test, and what it was asked since then. */
export abstract class AskedSandbox {
  exchanges: Exchange[] = [];
  protected readonly upstreams = new UpstreamFactory();
  #sandbox: Sandbox | null = null;

  constructor(start: (options: SandboxOptions) => Promise<Sandbox>) {
    beforeAll(async () => {
      this.#sandbox = await start({ observe: (exchange) => this.exchanges.push(exchange) });
    });
    afterEach(() => {
      this.sandbox.faults.clear();
      this.exchanges = [];
    });
    afterAll(async () => {
      await this.upstreams.onApplicationShutdown();
      await this.sandbox.close();
    });
  }

  get sandbox(): Sandbox {
    if (this.#sandbox === null) throw new Error('the sandbox has not been started yet');
    return this.#sandbox;
  }
}
