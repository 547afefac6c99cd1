import { randomUUID } from 'node:crypto';
import { mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Pool } from 'undici';
import { bare } from '../peers.ts';
import type { Bench } from './bench.ts';
import { formType, smallForm } from './form.ts';
import { openStage } from './imports-stage.ts';

/** Whoever takes small imports. */
export interface Taker {
  readonly name: string;
  readonly url: string;
  readonly pid: number;
  /** Of each request. */
  readonly headers: () => Readonly<Record<string, string>>;
}

/** The peer of all the others. */
export const bareAdd = 'bare BullMQ add';
/** The least that does what a durable acceptance has to: form, file on disk, record, job. */
export const barePromises = 'bare form, file, record, add';

/** A gateway, without and with keys, and bare servers that add a job for each request; nobody takes up what they have taken in. */
export async function openTakers(bench: Bench): Promise<readonly Taker[]> {
  const { url, gateway } = await openStage(bench, 'odsl');
  const { redis, keep } = bench;
  const adding = keep(await bare('queue-add', { REDIS_URL: redis.url, QUEUE: 'bench-adds' }));
  const files = mkdtempSync(join(tmpdir(), 'bench-imports-files-'));
  keep({ stop: () => rm(files, { recursive: true, force: true }) });
  const env = { REDIS_URL: redis.url, QUEUE: 'bench-promises', FILES: files };
  const promising = keep(await bare('promises-kept', env));
  const { pid } = gateway;
  const none = (): Readonly<Record<string, string>> => ({});
  return [
    { name: 'gateway', url, pid, headers: none },
    {
      name: 'gateway, Idempotency-Key',
      url,
      pid,
      headers: () => ({ 'idempotency-key': randomUUID() }),
    },
    { name: barePromises, url: promising.url, pid: promising.pids[0] ?? 0, headers: none },
    { name: bareAdd, url: adding.url, pid: adding.pids[0] ?? 0, headers: none },
  ];
}

/** Sends one import, the same to everybody, and reads its answer. */
export async function sendImport(pool: Pool, { name, headers }: Taker): Promise<void> {
  const { statusCode, body } = await pool.request({
    path: '/v1/imports',
    method: 'POST',
    headers: { 'content-type': formType, ...headers() },
    body: smallForm('odsl'),
  });
  const text = await body.text();
  if (statusCode !== 202) throw new Error(`${name} answered ${statusCode}: ${text}`);
}
