import { mkdtempSync, writeFileSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { platforms } from '../../src/platforms/all.ts';
import { Program } from '../../test/support/program.ts';
import type { S3Stage } from '../../test/support/s3-stage.ts';
import type { Peer } from '../peers.ts';
import type { Bench } from './bench.ts';

/** One sandbox and one gateway, each a process of its own, on keys of their own in the bench's Redis. */
export interface ImportsStage {
  readonly upstream: string;
  readonly url: string;
  readonly gateway: Program;
  /** Where BullMQ keeps the queues. */
  readonly queuePrefix: string;
  /** One worker more; without one imports only wait. */
  worker(): Promise<Program>;
  /** Removes what waits in the file store, so that the next turn has its room. */
  readonly forgetFiles: () => Promise<void>;
}

const secrets = {
  SANDBOX_SECRET: 'sandbox-secret',
  SANDBOX_TOKEN: 'sandbox-token',
  SANDBOX_PASSWORD: 'sandbox-password',
};
/** What the keys of files begin with. */
const below = 'bench/';
let stages = 0;

function bucketOf({ bucket, server }: S3Stage): object {
  const { endpoint, region, accessKeyId } = server;
  const secretAccessKey = { env: 'S3_SECRET' };
  return { s3: { endpoint, region, bucket, prefix: below, accessKeyId, secretAccessKey } };
}

/** What may differ. */
interface Differences {
  /** Starts what stands between the gateway and its sandbox. */
  readonly front?: (sandbox: string) => Promise<Peer>;
  /** Where files are kept, instead of below `TMPDIR`. */
  readonly s3?: S3Stage;
}

/** Opens one of a platform. */
export async function openStage(
  { redis, keep }: Bench,
  platform: string,
  { front, s3 }: Differences = {},
): Promise<ImportsStage> {
  const described = platforms.find(({ name }) => name === platform);
  if (described === undefined) throw new Error(`there is no platform ${platform}`);
  const folder = mkdtempSync(join(tmpdir(), 'bench-imports-'));
  keep({ stop: () => rm(folder, { recursive: true, force: true }) });
  const args = ['--only', described.sandbox];
  const sandbox = keep(new Program('sandbox', { args, env: {}, cwd: folder }));
  const [, own = ''] = await sandbox.until(/^\w+ +(http:\S+)$/m);
  const upstream = front === undefined ? own : keep(await front(own)).url.replace(/\/$/, '');
  stages += 1;
  const prefix = `bench-imports-${process.pid}-${stages}`;
  const files = s3 === undefined ? join(folder, 'files') : join(s3.server.folder, s3.bucket, below);
  const config = join(folder, 'gateway.yaml');
  const connection = { ...described.sandboxConnection(upstream), sandbox: true };
  writeFileSync(
    config,
    stringify({
      redis: { prefix },
      files: { ...(s3 === undefined ? { directory: files } : bucketOf(s3)), maxBytes: '300MB' },
      connections: { [platform]: connection },
    }),
  );
  const env = {
    ...secrets,
    S3_SECRET: s3?.server.secretAccessKey ?? '',
    GATEWAY_CONFIG: config,
    REDIS_URL: redis.url,
    PORT: '0',
    LOG_LEVEL: 'info',
  };
  const gateway = keep(new Program('main', { env, cwd: folder }));
  const [, url = ''] = await gateway.until(/"url":"([^"]+)".*"msg":"listening"/);
  return {
    upstream,
    url,
    gateway,
    queuePrefix: `{${prefix}.queues}`,
    worker: async () => {
      const worker = keep(new Program('worker', { env, cwd: folder }));
      await worker.until(/"msg":"working"/);
      return worker;
    },
    forgetFiles: async () => {
      await rm(files, { recursive: true, force: true });
      await mkdir(files);
    },
  };
}
