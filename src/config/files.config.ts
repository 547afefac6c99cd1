import { z } from 'zod';
import { duration, httpUrl, size } from './fields.ts';
import { secret } from './secret.ts';

/** For `when` of a refinement: it is looked at whatever else is wrong, as long as there is anything to look at. */
function isSection({ value }: { readonly value: unknown }): boolean {
  return typeof value === 'object' && value !== null;
}

const bothOrNone =
  'accessKeyId and secretAccessKey belong together: without both, the credentials of the surroundings count';

const s3 = z
  .strictObject({
    endpoint: httpUrl.optional().meta({
      description:
        'Where the server is, as https://minio.example.com:9000; that of the region at Amazon when left out.',
    }),
    region: z.string().min(1).meta({
      description: 'What requests are signed for; servers without regions take us-east-1.',
    }),
    bucket: z
      .string()
      .regex(/^[\w.-]{3,63}$/, 'must be the name of a bucket: 3 to 63 of A-Z a-z 0-9 _ . -')
      .meta({ description: 'The bucket, which has to be there.' }),
    prefix: z
      .string()
      .regex(
        /^([\w!.*'()-][\w!.*'()/-]{0,199})?$/,
        'must be 200 of A-Z a-z 0-9 _ . - / at most, and not begin with /',
      )
      .default('')
      .meta({ description: 'What the key of every file begins with, as `gateway/`.' }),
    accessKeyId: z.string().min(1).optional().meta({
      description:
        'Whose requests they are. When left out, the credentials of the surroundings count: the environment’s, the machine’s, or those of the service account in Kubernetes.',
    }),
    secretAccessKey: secret.optional().meta({ description: 'What requests are signed with.' }),
    pathStyle: z.boolean().default(true).meta({
      description: 'The bucket stands in the path of an address; false: in the name of its host.',
    }),
  })
  .refine(
    ({ accessKeyId, secretAccessKey }) =>
      (accessKeyId === undefined) === (secretAccessKey === undefined),
    { message: bothOrNone, when: isSection },
  );

/** What S3 takes in one request, in bytes; nobody uploads a file in parts. */
const largestAtOnce = 5 * 1_024 ** 3;

/** The section of the file that says where files wait, and how large they may be. */
export const filesSection = z
  .strictObject({
    directory: z.string().min(1).optional().meta({
      description:
        'Folder of files that wait for a platform; gateways and workers have to share it. With s3: of files on their way into the bucket, where each process may have its own. `files` of GATEWAY_DATA when left out.',
    }),
    s3: s3.optional().meta({
      description:
        'Where they wait instead of in a folder: Amazon S3, or any server that speaks it.',
    }),
    maxBytes: size.prefault('300MB').meta({
      description:
        'The largest request that brings files; of an import its file alone, of a promotion all that it brings.',
    }),
    retention: duration.prefault('0s').meta({
      description:
        'How long a file is kept after its operation has ended; 365d at most. 0s: it is removed at once.',
    }),
  })
  .refine(({ s3: bucket, maxBytes }) => bucket === undefined || !(maxBytes > largestAtOnce), {
    path: ['maxBytes'],
    message: 'must be 5GB at most with files.s3: S3 takes no larger file in one request',
    when: isSection,
  });

type Parsed = z.output<typeof filesSection>;

/** A bucket, and how it is reached. */
export type S3Config = NonNullable<Parsed['s3']>;

/** Files as the gateway treats them; its folder as an absolute path. */
export type FilesConfig = Pick<Parsed, 'maxBytes' | 'retention'> & {
  readonly directory: string;
  /** Null where they wait in the folder itself. */
  readonly s3: S3Config | null;
};
