import { afterAll, afterEach, beforeAll } from '@jest/globals';
import type { FaultRequest } from '../../../src/sandbox/kit/faults.ts';
import { change } from '../../support/changes.ts';
import { type Gateway, Stage } from '../../support/gateway.ts';
import { at } from '../../support/http.ts';

/** What a process is made of. */
export const configuration = { service: 'INVOICES', script: 'return 1', enabled: true };

/** A gateway with a worker for a spec file that changes processes, most of them on ODSL, and what the sandboxes saw of it. */
export class ChangedOdsl {
  #stage: Stage | null = null;
  #gateway: Gateway | null = null;
  #names = 0;

  constructor() {
    beforeAll(async () => {
      const stage = (this.#stage = await Stage.open());
      [this.#gateway] = await Promise.all([stage.gateway(), stage.worker()]);
    });
    afterEach(() => {
      this.stage.forget();
    });
    afterAll(() => this.stage.close());
  }

  get stage(): Stage {
    if (this.#stage === null) throw new Error('there is no stage yet');
    return this.#stage;
  }

  get gateway(): Gateway {
    if (this.#gateway === null) throw new Error('there is no gateway yet');
    return this.#gateway;
  }

  newId(): string {
    this.#names += 1;
    return `odsl:CHANGED_${this.#names}`;
  }

  /** A process that was just made. */
  async made(): Promise<string> {
    const id = this.newId();
    const { status, text } = await change(this.gateway, 'put', at(id), configuration);
    if (status !== 201) throw new Error(`${status}: ${text}`);
    return id;
  }

  /** Lets the next request that changes a process meet a fault. */
  hit(fault: FaultRequest['fault'], method = 'POST'): void {
    const { faults } = this.stage.sandbox('odsl');
    faults.add({ method, path: 'process/v1', times: 1, fault });
  }

  /** How often a platform was asked for something; its health is asked for all the time. */
  askedFor(platform: string, word: string): number {
    const asked = this.stage.sandbox(platform).requests();
    return asked.filter((each) => each.includes(word)).length;
  }

  /** How often a process was really saved. */
  saved(id: string): number {
    return this.stage
      .sandbox('odsl')
      .ledger()
      .filter(
        ({ effect, details }) =>
          effect === 'process.saved' && `odsl:${String(details['id'])}` === id,
      ).length;
  }
}
