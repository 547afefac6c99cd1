import { S3Client, type S3ClientConfig } from '@aws-sdk/client-s3';
import type { S3Config } from '../config/files.config.ts';
import type { Secret } from '../config/secret.ts';

/** How long what is waited for, in ms. */
export interface S3Timing {
  /** For a connection. */
  readonly connect: number;
  /** For the answer to one request, a part of a file included, from when it begins. */
  readonly answer: number;
  /** For the next bytes of a file that is read, while somebody wants them. */
  readonly silence: number;
}

/** A part of 5 MiB has to pass at 256 KiB/s. */
export const defaultS3Timing: S3Timing = { connect: 3_000, answer: 20_000, silence: 30_000 };

/** Each upload and each file that is read takes one; more would wait for each other, and time out. */
const maxSockets = 500;
const tries = 2;

/** A client of the vendor's library for a bucket as it is configured. */
export function s3Client(config: S3Config, timing: S3Timing): S3Client {
  const { endpoint, region, pathStyle } = config;
  return new S3Client({
    region,
    forcePathStyle: pathStyle,
    ...(endpoint === undefined ? {} : { endpoint: endpoint.href }),
    ...credentialsOf(config),
    maxAttempts: tries,
    // Of the library's newest checksums other servers know nothing; each part is signed with its hash anyway.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    requestHandler: {
      connectionTimeout: timing.connect,
      requestTimeout: timing.answer,
      throwOnRequestTimeout: true,
      httpAgent: { maxSockets },
      httpsAgent: { maxSockets },
    },
  });
}

/** Without them the library looks for those of its surroundings. */
function credentialsOf({
  accessKeyId,
  secretAccessKey,
}: S3Config): Pick<S3ClientConfig, 'credentials'> {
  if (accessKeyId === undefined || secretAccessKey === undefined) return {};
  return {
    credentials: () =>
      Promise.resolve({
        accessKeyId,
        secretAccessKey: revealed(secretAccessKey),
        // What has ended is read anew: files are changed where they are mounted.
        expiration: new Date(),
      }),
  };
}

function revealed(secret: Secret): string {
  try {
    return secret.reveal();
  } catch {
    // Its own error would be taken for one of the network.
    throw Object.assign(new Error('the secret cannot be read'), { name: 'SecretUnreadable' });
  }
}
