import { z } from 'zod';
import type { ConnectionConfig } from '../../config/connection.config.ts';
import { clientCredentialsAuth, tokenAuth } from '../../upstream/auth.config.ts';

/** Entra ID wants exactly one of the two: `scope` at its v2 endpoint, `resource` at v1. */
const entraAuth = clientCredentialsAuth
  .refine((auth) => (auth.scope === undefined) !== (auth.resource === undefined), {
    message: 'needs scope (token endpoint v2) or resource (v1), and not both',
  })
  .meta({
    description:
      'Client credentials of the Entra ID application that the tenant trusts; the token is fetched and renewed.',
    oneOf: [{ required: ['scope'] }, { required: ['resource'] }],
  });

/** What a connection to Frends is configured with on top of `ConnectionConfig`. */
export const frendsSettings = z.strictObject({
  auth: z
    .discriminatedUnion('type', [entraAuth, tokenAuth])
    .meta({ description: 'How the gateway signs in.' }),
  pageSize: z
    .int()
    .min(1)
    .max(200)
    .default(100)
    .meta({ description: 'Versions per page of its list; smaller where processes are heavy.' }),
});

export type FrendsConfig = ConnectionConfig & z.output<typeof frendsSettings>;
