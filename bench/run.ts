import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { stringify } from 'yaml';
import { startEmbeddedRedis } from '../src/embedded/redis-server.ts';
import { findRedisServer, redisCacheDir } from '../src/embedded/redis-find.ts';
import { platforms } from '../src/platforms/all.ts';
import { sandboxes } from '../src/sandbox/index.ts';
import type { Sandbox } from '../src/sandbox/kit/sandbox.ts';
import { type Contestant, load, median, print, ratios, rounds } from './measure.ts';
import { bare, gateway, lura, nginx, type Peer } from './peers.ts';

const settings = { rounds: 5, connections: 16, ms: 2_000 };
const path = '/v1/processes?limit=100';
const odsl = platforms.find(({ name }) => name === 'odsl');
if (process.platform !== 'linux') throw new Error('CPU is read from /proc: run this on Linux');
if (odsl === undefined) throw new Error('the measures are taken on OpenDataDSL lists');

const say = (line: string): void => {
  process.stdout.write(`${line}\n`);
};
const folder = mkdtempSync(join(tmpdir(), 'bench-'));
const program = await findRedisServer({
  cacheDir: redisCacheDir(process.env),
  env: process.env,
  say,
});
const redis = await startEmbeddedRedis({ dataDir: folder, program, say });
const rows: string[][] = [];
const running: { stop(): Promise<void> }[] = [];

function keep<T extends { stop(): Promise<void> }>(started: T): T {
  running.push(started);
  return started;
}

async function odslSandbox(size: number): Promise<Sandbox> {
  const start = sandboxes['odsl'];
  if (start === undefined) throw new Error('there is no such sandbox');
  const sandbox = await start({ size });
  running.push({ stop: () => sandbox.close() });
  return sandbox;
}

/** Connections to sandboxes of OpenDataDSL, with whatever else a case needs. */
function config(prefix: string, sources: readonly Sandbox[], catalogue: object): string {
  const connections = Object.fromEntries(
    sources.map((sandbox, index) => [
      `source${index}`,
      { ...odsl?.sandboxConnection(sandbox.url), sandbox: true },
    ]),
  );
  return stringify({ redis: { prefix }, catalogue, connections });
}

function contestant(
  name: string,
  peer: Peer,
  at: string,
  headers?: Record<string, string>,
): Contestant {
  return {
    name,
    url: `${peer.url.replace(/\/$/, '')}${at}`,
    pids: peer.pids,
    ...(headers === undefined ? {} : { headers }),
  };
}

const env = { REDIS_URL: redis.url };
const small = await Promise.all([500, 500, 500, 500].map(odslSandbox));

async function cachedList(): Promise<void> {
  const own = keep(await gateway(config('bench-hot', small, { ttl: '1h' }), env));
  const answer = await fetch(`${own.url}${path}`);
  const body = join(folder, 'body.json');
  writeFileSync(body, Buffer.from(await answer.arrayBuffer()));
  const bytes = keep(await bare('bytes', { BODY: body }));
  const cache = await nginx(bytes.url);
  const hit = [
    contestant('gateway', own, path),
    ...(cache === null ? [] : [contestant('nginx proxy_cache', keep(cache), '/')]),
    contestant('bare node:http', bytes, '/'),
  ];
  if (cache === null) say('SKIPPED: nginx is not installed');
  rows.push(...ratios('cached list', await rounds(hit, settings)));
  const known = [
    contestant('gateway', own, path, { 'if-none-match': answer.headers.get('etag') ?? '' }),
    contestant('bare node:http', bytes, '/', { 'if-none-match': 'W/"the-same-bytes"' }),
  ];
  rows.push(...ratios('304', await rounds(known, { ...settings, expected: [304] })));
}

async function redisWarm(): Promise<void> {
  const own = keep(await gateway(config('bench-redis', small, { ttl: '1h', memory: '0B' }), env));
  const body = Buffer.from(await (await fetch(`${own.url}${path}`)).arrayBuffer());
  const client = new Redis(redis.url);
  await client.set('bench-body', body);
  await client.quit();
  const peer = keep(await bare('redis-bytes', { ...env, KEY: 'bench-body' }));
  const all = [contestant('gateway', own, path), contestant('bare Fastify + ioredis', peer, '/')];
  rows.push(...ratios('only Redis warm', await rounds(all, settings)));
}

async function cold(title: string, sources: readonly Sandbox[]): Promise<void> {
  const cache = { ttl: '0s', staleWhileRevalidate: '0s', deadline: '60s' };
  const own = keep(await gateway(config(`bench-cold-${sources.length}`, sources, cache), env));
  const peer = keep(
    await bare('walk', { SOURCES: sources.map(({ url }) => `${url}/api`).join(' ') }),
  );
  const all = [
    contestant('gateway', own, '/v1/processes'),
    contestant('bare undici + parse + map', peer, '/'),
  ];
  const turns = await rounds(all, { ...settings, connections: 1, ms: 4_000 });
  rows.push(...ratios(title, turns));
}

async function coldAgainstLura(sources: readonly Sandbox[]): Promise<void> {
  const urls = sources.map(({ url }) => `${url}/api/process/v1?_limit=-1`);
  const peer = await lura(urls);
  if (peer === null) {
    say('SKIPPED: Lura needs Go');
    return;
  }
  const cache = { ttl: '0s', staleWhileRevalidate: '0s', deadline: '60s' };
  const own = keep(await gateway(config('bench-lura', sources, cache), env));
  const all = [
    contestant('gateway', own, '/v1/processes'),
    contestant('Lura', keep(peer), '/', { authorization: 'Bearer sandbox-token' }),
  ];
  rows.push(
    ...ratios('cold, four sources', await rounds(all, { ...settings, connections: 1, ms: 4_000 })),
  );
}

/** How much later than its slowest source a cold list of four is answered. */
async function slowest(sources: readonly Sandbox[]): Promise<void> {
  const delays = [20, 40, 60, 200];
  for (const [index, sandbox] of sources.entries()) {
    sandbox.faults.add({
      path: '^/api/process/v1',
      fault: { kind: 'latency', ms: delays[index] ?? 0 },
    });
  }
  const cache = { ttl: '0s', staleWhileRevalidate: '0s', deadline: '60s' };
  const four = keep(await gateway(config('bench-slow', sources, cache), env));
  const last = sources.at(-1);
  if (last === undefined) throw new Error('there are no sources');
  const one = keep(await gateway(config('bench-slowest', [last], cache), env));
  const times: number[] = [];
  for (let round = 0; round < 15; round += 1) {
    const all = await load(contestant('', four, '/v1/processes'), 1, 1, [200]);
    const alone = await load(contestant('', one, '/v1/processes'), 1, 1, [200]);
    times.push(median(all.latencies) - median(alone.latencies));
  }
  say(
    `\ncold list of four sources: ${median(times).toFixed(1)} ms later than its slowest source alone (median of 15 rounds)`,
  );
  for (const sandbox of sources) sandbox.faults.clear();
}

/** One walk however many ask: a thousand cold calls at once on two replicas. */
async function herd(sources: readonly Sandbox[]): Promise<void> {
  const text = config('bench-herd', sources, {});
  const replicas = [keep(await gateway(text, env)), keep(await gateway(text, env))];
  for (const sandbox of sources) sandbox.forget();
  const calls = Array.from({ length: 1_000 }, (_, index) =>
    fetch(`${replicas[index % 2]?.url ?? ''}/v1/processes`),
  );
  const answers = await Promise.all(calls);
  const complete = answers.filter(
    (answer) => answer.headers.get('gateway-complete') === '?1',
  ).length;
  const walks = sources.map(
    (sandbox) => sandbox.requests().filter((each) => each.includes('_skip=0')).length,
  );
  say(
    `\n1,000 concurrent cold calls on two replicas: ${complete} complete answers, walks per source ${walks.join(', ')}`,
  );
}

try {
  await cachedList();
  await redisWarm();
  const thousand = await odslSandbox(1_000);
  await cold('cold, one source of 1,000', [thousand]);
  await cold('cold, four sources of 500', small);
  await coldAgainstLura(small);
  say('');
  print(rows);
  await slowest(small);
  await herd(small);
} finally {
  await Promise.all(running.reverse().map((each) => each.stop()));
  await redis.stop();
}
process.exit(0);
