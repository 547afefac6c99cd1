import { z } from 'zod';
import type { ConnectionConfig } from '../../config/connection.config.ts';
import { secret } from '../../config/secret.ts';
import { basicAuth, tokenAuth } from '../../upstream/auth.config.ts';
import { isConcordName } from './concord.key.ts';

const apiKeyAuth = z
  .strictObject({
    type: z.literal('apiKey').meta({ description: 'An API key.' }),
    key: secret.meta({ description: 'The key, by reference.' }),
    scheme: z
      .enum(['raw', 'bearer'])
      .default('raw')
      .meta({ description: 'Whether the key stands alone or behind `Bearer`; servers take both.' }),
  })
  .meta({ description: 'An API key of Concord, sent as `Authorization`.' });

/** What a connection to Concord is configured with on top of `ConnectionConfig`. */
export const concordSettings = z.strictObject({
  auth: z
    .discriminatedUnion('type', [apiKeyAuth, basicAuth, tokenAuth])
    .meta({ description: 'How the gateway signs in.' }),
  organizations: z
    .array(z.string().refine(isConcordName, 'must be the name of an organization'))
    .min(1)
    .optional()
    .meta({
      description:
        'The organizations that belong to the connection; when left out all that the credential sees but the server’s own, `ConcordSystem`.',
    }),
  startStyle: z.enum(['auto', 'form', 'path']).default('auto').meta({
    description:
      'How flows are started: by the form that every server since 0.49.0 takes (also `auto`), or by the paths of 2017, which servers up to 2.23 take.',
  }),
});

export type ConcordConfig = ConnectionConfig & z.output<typeof concordSettings>;
