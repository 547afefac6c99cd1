import { z } from 'zod';
import type { ConnectionConfig } from '../../config/connection.config.ts';
import { anyway } from '../../config/fields.ts';
import { secret } from '../../config/secret.ts';
import { clientCredentialsAuth, tokenAuth } from '../../upstream/auth.config.ts';

/** What can stand in a header. */
const headerText = z.string().regex(/^[\x21-\x7e]{1,128}$/, 'must be visible ASCII characters');

const passwordAuth = z
  .strictObject({
    type: z.literal('password').meta({ description: 'The sign-in of own installations.' }),
    tenancyName: z.string().min(1).meta({ description: 'Name of the tenant.' }),
    user: z.string().min(1).meta({ description: 'User name or e-mail address.' }),
    password: secret.meta({ description: 'The password, by reference.' }),
  })
  .meta({ description: 'A user of an own installation; the cloud has no such sign-in.' });

const folder = z
  .union(
    [
      z.strictObject({ id: z.int().min(1).meta({ description: 'Number of the folder.' }) }),
      z.strictObject({ key: z.guid().meta({ description: 'Key of the folder.' }) }),
      z.strictObject({
        path: z
          .string()
          .min(1)
          .max(1_000)
          .meta({ description: 'Path of the folder from the root, as `Finance/Payable`.' }),
      }),
    ],
    'must be {id: NUMBER}, {key: GUID} or {path: "Parent/Child"}',
  )
  .meta({ description: 'The folder whose releases are the deployments of this connection.' });

const blobHost = z
  .string()
  .regex(
    /^(\*\.)?[a-z0-9-]+(\.[a-z0-9-]+)+(:\d{1,5})?$/,
    'must be a host name in lower case, `*.` before it for those below',
  )
  .refine((host) => !/^\*\.[^.]+$/.test(host), 'must not be every host of a top-level domain');

/** What a connection to UiPath Orchestrator is configured with on top of `ConnectionConfig`. */
export const uipathSettings = z
  .strictObject({
    auth: z
      .discriminatedUnion('type', [clientCredentialsAuth, tokenAuth, passwordAuth])
      .meta({ description: 'How the gateway signs in.' }),
    folder: folder.optional(),
    feed: z
      .union(
        [z.enum(['tenant', 'folder']), z.guid()],
        'must be tenant, folder or the GUID of a feed',
      )
      .default('tenant')
      .meta({
        description: 'Where its packages are: the tenant’s feed, the folder’s own, or one by GUID.',
      }),
    tenantName: headerText
      .optional()
      .meta({ description: 'Sent as `X-UIPATH-TenantName`, which own installations need.' }),
    pageSize: z
      .int()
      .min(1)
      .max(1_000)
      .default(500)
      .meta({ description: 'Rows asked for at once; 1,000 is the most that the API gives.' }),
    listCallsPerMinute: z.int().min(0).max(100_000).nullable().default(100).meta({
      description:
        'Lists of jobs that the tenant takes in a minute: 100 in the cloud, whoever asks. null or 0: as many as wanted.',
    }),
    blobHosts: z.array(blobHost).max(20).default([]).meta({
      description:
        'Hosts at which the platform keeps files, as it says in links: `name.blob.core.windows.net`, or `*.blob.core.windows.net` for all below. The host of baseUrl needs no entry.',
    }),
  })
  .refine(({ feed, folder: named }) => feed !== 'folder' || named !== undefined, {
    path: ['feed'],
    message: 'is the folder’s own, and no folder is named',
    when: anyway,
  });

type UipathSettings = z.output<typeof uipathSettings>;
export type UipathConfig = ConnectionConfig & UipathSettings;
export type PasswordAuth = Extract<UipathSettings['auth'], { type: 'password' }>;
/** How a folder is named: by number, by key or by path. */
export type FolderName = NonNullable<UipathSettings['folder']>;
