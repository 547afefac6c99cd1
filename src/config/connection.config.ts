import { z } from 'zod';
import { duration, httpUrl, isLoopback, patience, size } from './fields.ts';

const leastBody = 1_024;

/** What every connection is configured with, whatever its platform. */
export const connectionFields = {
  name: z
    .string()
    .min(1)
    .max(80)
    .optional()
    .meta({ description: 'A name for people; the id when left out.' }),
  baseUrl: httpUrl.meta({ description: 'Where the platform answers.' }),
  timeout: patience.prefault('10s').meta({ description: 'For one request.' }),
  importTimeout: patience.prefault('15m').meta({
    description:
      'For one request of an import, from its first byte to its answer; several together take twice that. Nothing between the gateway and the platform should give up sooner.',
  }),
  listTimeout: patience.prefault('2m').meta({ description: 'For one walk over the whole list.' }),
  concurrency: z
    .int()
    .min(1)
    .max(64)
    .default(4)
    .meta({ description: 'Requests at once, per process of the gateway.' }),
  maxBody: size
    .refine((bytes) => bytes >= leastBody, 'must be 1KB at least')
    .prefault('64MB')
    .meta({ description: 'The largest answer that is read, inflated.' }),
  ttl: duration.optional().meta({
    description:
      'How long its list, its single reads and its targets are fresh; 365d at most, catalogue.ttl when left out.',
  }),
  sandbox: z
    .boolean()
    .default(false)
    .meta({ description: 'Whether it is a sandbox on loopback, with nothing to protect.' }),
};

type ConnectionFields = z.output<z.ZodObject<typeof connectionFields>>;

/** One connection of the configuration; a platform's own settings come on top. */
export interface ConnectionConfig extends ConnectionFields {
  readonly id: string;
  readonly platform: string;
}

/** With sandboxes only, pages of any port of this machine may call, so nothing with anything to protect may pass for one. */
export function isSandboxOnLoopback({ sandbox, baseUrl }: Partial<ConnectionFields>): boolean {
  return sandbox !== true || !(baseUrl instanceof URL) || isLoopback(baseUrl);
}
