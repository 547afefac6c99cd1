import { z } from 'zod';
import type { ConfigurablePlatform } from './connections.config.ts';
import { gatewayConfigSchemaOf } from './gateway.config.ts';

/** JSON Schema of what stands in the file, for editors: durations and sizes as text, secrets as references. */
export function configSchema(
  platforms: readonly ConfigurablePlatform[],
): z.core.JSONSchema.JSONSchema {
  return {
    title: 'Configuration of the process gateway',
    ...z.toJSONSchema(gatewayConfigSchemaOf(platforms), { io: 'input', unrepresentable: 'any' }),
  };
}
