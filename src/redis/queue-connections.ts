import { Inject, Injectable } from '@nestjs/common';
import type { QueueOptions } from 'bullmq';
import { GATEWAY_CONFIG } from '../config/config.module.ts';
import type { GatewayConfig } from '../config/gateway.config.ts';

/** How queues and their workers reach Redis. */
@Injectable()
export class QueueConnections {
  readonly #config: Pick<GatewayConfig, 'redis'>;

  constructor(@Inject(GATEWAY_CONFIG) config: Pick<GatewayConfig, 'redis'>) {
    this.#config = config;
  }

  /** The prefix is a hash tag, so that a queue's keys share a slot of a cluster. */
  options(): Pick<QueueOptions, 'connection' | 'prefix' | 'skipVersionCheck'> {
    const { url, prefix } = this.#config.redis;
    return {
      connection: { url: url.reveal(), maxRetriesPerRequest: null },
      prefix: `{${prefix}.queues}`,
      // It would warn of evictions on the console, between the lines of the log; the start has warned already.
      skipVersionCheck: true,
    };
  }
}
