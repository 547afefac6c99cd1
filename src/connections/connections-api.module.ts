import {
  type DynamicModule,
  Inject,
  Module,
  type OnApplicationBootstrap,
  type Type,
} from '@nestjs/common';
import { LedgerModule } from '../ledger/ledger.module.ts';
import { ConnectionChecks } from './connection-checks.ts';
import { ConnectionRegistry } from './connection-registry.ts';
import { ConnectionsController } from './connections.controller.ts';
import { ConnectionsModule } from './connections.module.ts';
import { ConnectionsService } from './connections.service.ts';

/** A gateway that starts waits no longer for its upstreams, in ms. */
const firstCheckMs = 2_000;

/** The routes of platforms and connections. */
@Module({})
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

  /** `lists` exports the catalogue, which stands above connections, as their processes do. */
  static of(lists: Type): DynamicModule {
    return {
      module: ConnectionsApiModule,
      imports: [ConnectionsModule, lists, LedgerModule],
      controllers: [ConnectionsController],
      providers: [ConnectionsService],
    };
  }

  /** The first request finds what each upstream lacks; one that is away is not waited for, and believed to have it all. */
  async onApplicationBootstrap(): Promise<void> {
    const all = this.#connections.all();
    await Promise.all(all.map((connection) => this.#checks.latest(connection, firstCheckMs)));
  }
}
