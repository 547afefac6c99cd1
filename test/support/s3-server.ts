import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../../src/embedded/redis-address.ts';
import { eventually } from './eventually.ts';

/** A server of one's own on a folder of its own, and who may ask it for anything. */
export interface S3Server {
  readonly endpoint: string;
  readonly region: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** Each folder in it is a bucket, each file below that an object. */
  readonly folder: string;
  /** Ends it at once; what it holds stays. */
  kill(): Promise<void>;
  /** Starts it again where it was. */
  start(): Promise<void>;
  /** Ends it, and removes what it holds. */
  remove(): Promise<void>;
}

const patienceMs = 30_000;
/** Runs a command until nobody holds its standard input any more, however that process has ended. */
const tied = '"$@" & read -r _; kill -9 $!; wait $!';

/** Starts one, which answers once this resolves. */
export async function startS3Server(program: string): Promise<S3Server> {
  const root = await mkdtemp(join(tmpdir(), 'process-gateway-s3-'));
  const [folder, meta] = [join(root, 'buckets'), join(root, 'meta')];
  for (const each of [folder, meta]) await mkdir(each);
  const address = `127.0.0.1:${await freePort()}`;
  const [accessKeyId, secretAccessKey] = ['s3-test-access-key', 's3-test-secret-key'];
  const env = { ...process.env, ROOT_ACCESS_KEY: accessKeyId, ROOT_SECRET_KEY: secretAccessKey };
  // Not every file system of a machine that tests takes extended attributes.
  const args = [
    ...['--quiet', '--port', address, '--health', '/health'],
    ...['posix', '--sidecar', meta, folder],
  ];
  let child: ChildProcess | null = null;
  const start = async (): Promise<void> => {
    child = spawn('/bin/sh', ['-c', tied, 'sh', program, ...args], {
      env,
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    await eventually(() => isThere(`http://${address}/health`), patienceMs);
  };
  const kill = async (): Promise<void> => {
    if (child?.exitCode !== null) return;
    const ended = once(child, 'exit');
    child.stdin?.end();
    await ended;
  };
  const remove = async (): Promise<void> => {
    await kill();
    await rm(root, { recursive: true, force: true });
  };
  await start().catch(async (error: unknown) => {
    await remove();
    throw error;
  });
  const who = { accessKeyId, secretAccessKey, region: 'us-east-1' };
  return { ...who, endpoint: `http://${address}`, folder, kill, start, remove };
}

async function isThere(url: string): Promise<void> {
  const answer = await fetch(url);
  await answer.text();
  if (!answer.ok) throw new Error(`it answers ${answer.status}`);
}
