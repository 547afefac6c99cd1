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
  blobHosts: z
    .array(
      z
        .string()
        .regex(
          /^(\*\.)?[a-z0-9-]+(\.[a-z0-9-]+)+(:\d{1,5})?$/,
          'must be a host name in lower case, `*.` before it for those below',
        )
        .refine((host) => !/^\*\.[^.]+$/.test(host), 'must not be all of a top-level domain'),
    )
    .max(20)
    .default([])
    .meta({
      description:
        'Hosts at which the tenant keeps the steps of runs, as `name.blob.core.windows.net`, or `*.blob.core.windows.net` for all below. Runs have no log where the link of their steps leads elsewhere. The host of baseUrl needs no entry.',
    }),
});

export type FrendsConfig = ConnectionConfig & z.output<typeof frendsSettings>;
