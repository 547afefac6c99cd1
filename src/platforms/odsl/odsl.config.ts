import { z } from 'zod';
import type { ConnectionConfig } from '../../config/connection.config.ts';
import { secret } from '../../config/secret.ts';
import { basicAuth, clientCredentialsAuth, tokenAuth } from '../../upstream/auth.config.ts';
import { startBodies } from './odsl.options.ts';

const headerPairAuth = z
  .strictObject({
    type: z.literal('apiKey').meta({ description: 'An API key.' }),
    email: z.string().min(1).meta({ description: 'E-mail address of the user of the key.' }),
    key: secret.meta({ description: 'The key, by reference.' }),
  })
  .meta({ description: 'An API key, sent as `x-odsl-email` and `x-odsl-key`.' });

/** What a connection to OpenDataDSL is configured with on top of `ConnectionConfig`. */
export const odslSettings = z.strictObject({
  auth: z
    .discriminatedUnion('type', [clientCredentialsAuth, basicAuth, headerPairAuth, tokenAuth])
    .meta({ description: 'How the gateway signs in.' }),
  environment: z
    .string()
    .regex(/^[\w.-]{1,100}$/, 'must be the name of an environment')
    .default('production')
    .meta({ description: 'The data environment, sent as `x-odsl-environment`.' }),
  startBody: z.enum(startBodies).default('input').meta({
    description:
      'The member that carries the input of a start that does not say it itself (`options.startBody`): the pages of OpenDataDSL name both, and contradict each other.',
  }),
});

export type OdslConfig = ConnectionConfig & z.output<typeof odslSettings>;
