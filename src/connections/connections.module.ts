import { Module, type Provider } from '@nestjs/common';
import { CatalogueModule } from '../catalogue/catalogue.module.ts';
import { GATEWAY_CONFIG } from '../config/config.module.ts';
import type { GatewayConfig } from '../config/gateway.config.ts';
import { platforms } from '../platforms/all.ts';
import type { PlatformConnector } from '../platforms/platform.ts';
import { Connection } from './connection.ts';
import { ConnectionChecks } from './connection-checks.ts';
import { ConnectionRegistry } from './connection-registry.ts';

const registry: Provider = {
  provide: ConnectionRegistry,
  inject: [GATEWAY_CONFIG, ...platforms.map((platform) => platform.connector)],
  useFactory: ({ connections, catalogue }: GatewayConfig, ...connectors: PlatformConnector[]) =>
    new ConnectionRegistry(
      connections.map((config) => {
        const at = platforms.findIndex(({ name }) => name === config.platform);
        const [platform, connector] = [platforms[at], connectors[at]];
        if (platform === undefined || connector === undefined)
          throw new Error(`no platform ${config.platform}`);
        const { ttl, staleWhileRevalidate, staleIfError } = catalogue;
        const policy = { ttl: config.ttl ?? ttl, staleWhileRevalidate, staleIfError };
        return new Connection(platform, config, connector.open(config), policy);
      }),
    ),
};

/** Opens every configured connection. */
@Module({
  imports: [CatalogueModule, ...platforms.map((platform) => platform.module)],
  providers: [registry, ConnectionChecks],
  exports: [ConnectionRegistry, ConnectionChecks, CatalogueModule],
})
export class ConnectionsModule {}
