import { z } from 'zod';
import { gatewayConfigSchema } from './gateway.config.ts';

/** JSON Schema of what stands in the file, for editors: durations and sizes as text, secrets as references. */
export function configSchema(): z.core.JSONSchema.JSONSchema {
  return {
    title: 'Configuration of the process gateway',
    ...z.toJSONSchema(gatewayConfigSchema, { io: 'input', unrepresentable: 'any' }),
  };
}
