import { Inject, Module, type OnApplicationBootstrap } from '@nestjs/common';
import { LedgerModule } from '../ledger/ledger.module.ts';
import { ProcessesModule } from '../processes/processes.module.ts';
import { ConnectionChecks } from './connection-checks.ts';
import { ConnectionRegistry } from './connection-registry.ts';
import { ConnectionsController } from './connections.controller.ts';
import { ConnectionsModule } from './connections.module.ts';
import { ConnectionsService } from './connections.service.ts';

/** A gateway that starts waits no longer for its upstreams, in ms. */
const firstCheckMs = 2_000;

/** The routes of platforms and connections. */
@Module({
  imports: [ConnectionsModule, ProcessesModule, LedgerModule],
  controllers: [ConnectionsController],
  providers: [ConnectionsService],
})
export class ConnectionsApiModule implements OnApplicationBootstrap {
  readonly #connections: ConnectionRegistry;
  readonly #checks: ConnectionChecks;

  constructor(
    @Inject(ConnectionRegistry) connections: ConnectionRegistry,
    @Inject(ConnectionChecks) checks: ConnectionChecks,
  ) {
    this.#connections = connections;
    this.#checks = checks;
  }

  /** The first request finds what each upstream lacks; one that is away is not waited for, and believed to have it all. */
  async onApplicationBootstrap(): Promise<void> {
    const all = this.#connections.all();
    await Promise.all(all.map((connection) => this.#checks.latest(connection, firstCheckMs)));
  }
}
