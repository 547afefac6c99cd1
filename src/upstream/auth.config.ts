import { z } from 'zod';
import { httpUrl } from '../config/fields.ts';
import { secret } from '../config/secret.ts';

/** A static bearer token. */
export const tokenAuth = z
  .strictObject({
    type: z.literal('token').meta({ description: 'A static token.' }),
    token: secret.meta({ description: 'The token, by reference.' }),
  })
  .meta({ description: 'A static token, sent as `Authorization: Bearer`.' });

/** A user and a password (RFC 7617). */
export const basicAuth = z
  .strictObject({
    type: z.literal('basic').meta({ description: 'HTTP Basic.' }),
    user: z.string().min(1).meta({ description: 'User name or e-mail address.' }),
    password: secret.meta({ description: 'The password, by reference.' }),
  })
  .meta({ description: 'A user and a password, sent as `Authorization: Basic`.' });

/** OAuth 2.0 client credentials (RFC 6749 §4.4). */
export const clientCredentialsAuth = z
  .strictObject({
    type: z.literal('clientCredentials').meta({ description: 'OAuth 2.0 client credentials.' }),
    tokenUrl: httpUrl.meta({ description: 'Where tokens are fetched.' }),
    clientId: z.string().min(1).meta({ description: 'Id of the application.' }),
    clientSecret: secret.meta({ description: 'Secret of the application, by reference.' }),
    scope: z.string().min(1).optional().meta({ description: 'Scopes, separated by spaces.' }),
    resource: z
      .string()
      .min(1)
      .optional()
      .meta({ description: 'For token endpoints of Entra ID version 1.' }),
  })
  .meta({ description: 'OAuth 2.0 client credentials; the token is fetched and renewed.' });

export type TokenAuth = z.output<typeof tokenAuth>;
export type BasicAuth = z.output<typeof basicAuth>;
export type ClientCredentialsAuth = z.output<typeof clientCredentialsAuth>;
