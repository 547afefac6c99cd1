import { S3Client, type S3ClientConfig } from '@aws-sdk/client-s3';
import type { S3Config } from '../config/files.config.ts';
import type { Secret } from '../config/secret.ts';

/** How long what is waited for, in ms. */
export interface S3Timing {
  /** For a connection. */
  readonly connect: number;
  /** For the answer to one request, from when it begins; not to one that sends a file from disk. */
  readonly answer: number;
  /**
   * For the next bytes of a file: of one that is read, while somebody wants them; of one that is sent, until they are
   * taken, and then for the answer.
   */
  readonly silence: number;
}

/** What the system has taken of a file and not sent yet, 4 MiB and less, has to pass in its silence: at 140 KiB/s. */
export const defaultS3Timing: S3Timing = { connect: 3_000, answer: 20_000, silence: 30_000 };

/** Each upload and each file that is read takes one; more would wait for each other, and time out. */
const maxSockets = 500;
/** How often anything is sent. */
export const tries = 2;

const nothing = (): void => undefined;
const silent = { debug: nothing, info: nothing, warn: nothing, error: nothing };

/** A client of the vendor's library for a bucket as it is configured. */
export function s3Client(config: S3Config, timing: S3Timing): S3Client {
  const { endpoint, region, pathStyle } = config;
  return new S3Client({
    region,
    forcePathStyle: pathStyle,
    ...(endpoint === undefined ? {} : { endpoint: endpoint.href }),
    ...credentialsOf(config),
    maxAttempts: tries,
    // Of the library's newest checksums other servers know nothing; what is stored is signed with its hash anyway.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    // It would print what it says beside the log; whatever fails is thrown.
    logger: silent,
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
