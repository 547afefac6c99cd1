import {
  CreateBucketCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import type { S3Config } from '../../src/config/files.config.ts';
import { Secret } from '../../src/config/secret.ts';
import { type S3Server, startS3Server } from './s3-server.ts';

/** A server with one bucket, and a look into it that goes by no store. */
export class S3Stage {
  readonly bucket = 'files';
  readonly server: S3Server;
  readonly #client: S3Client;
  #configs = 0;

  private constructor(server: S3Server) {
    this.server = server;
    const { endpoint, region, accessKeyId, secretAccessKey } = server;
    const credentials = { accessKeyId, secretAccessKey };
    this.#client = new S3Client({ endpoint, region, credentials, forcePathStyle: true });
  }

  static async open(program: string): Promise<S3Stage> {
    const stage = new S3Stage(await startS3Server(program));
    await stage.#client.send(new CreateBucketCommand({ Bucket: stage.bucket }));
    return stage;
  }

  async close(): Promise<void> {
    this.#client.destroy();
    await this.server.remove();
  }

  /** How the bucket is configured, with a prefix of its own each time. */
  config(changes: Partial<S3Config> = {}): S3Config {
    this.#configs += 1;
    const { endpoint, region, accessKeyId, secretAccessKey } = this.server;
    return {
      endpoint: new URL(endpoint),
      region,
      bucket: this.bucket,
      prefix: `${this.#configs}/files/`,
      accessKeyId,
      secretAccessKey: new Secret(() => secretAccessKey),
      pathStyle: true,
      ...changes,
    };
  }

  /** What the keys of all that lies below a prefix go on with, sorted. */
  async keptBelow(prefix: string): Promise<string[]> {
    const below = { Bucket: this.bucket, Prefix: prefix };
    const { Contents = [] } = await this.#client.send(new ListObjectsV2Command(below));
    return Contents.map(({ Key = '' }) => Key.slice(prefix.length)).sort();
  }

  async put(key: string): Promise<void> {
    await this.#client.send(new PutObjectCommand({ Bucket: this.bucket, Key: key, Body: 'x' }));
  }
}
