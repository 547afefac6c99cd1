import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { stringify } from 'yaml';
import { odsl } from '../src/platforms/odsl/odsl.platform.ts';
import { type Contestant, load, median, ratios, rounds } from './measure.ts';
import { bare, gateway, lura, nginx, type Peer } from './peers.ts';
import { type SourcePeer, startSource } from './sandboxes.ts';

/** What the cases share. */
export interface Stage {
  readonly folder: string;
  readonly redisUrl: string;
  readonly say: (line: string) => void;
  /** Ends it with the bench. */
  readonly keep: <T extends Peer>(started: T) => T;
  /** Rows of the table. */
  readonly rows: string[][];
}

const settings = { rounds: 5, connections: 16, ms: 1_500 };
const path = '/v1/processes?limit=100';
const cold = { ttl: '0s', staleWhileRevalidate: '0s', deadline: '60s' };
const coldSettings = { ...settings, connections: 1, ms: 3_000 };

let four: Promise<SourcePeer[]> | null = null;

/** Four sources of 500 processes, started by whichever case needs them first. */
function fourSources({ keep }: Stage): Promise<SourcePeer[]> {
  four ??= Promise.all(Array.from({ length: 4 }, async () => keep(await startSource(500))));
  return four;
}

/** A gateway with connections to these sources, and its own part of Redis. */
async function gatewayOf(
  { redisUrl, keep }: Stage,
  prefix: string,
  sources: readonly SourcePeer[],
  catalogue: object,
): Promise<Peer> {
  const connections = Object.fromEntries(
    sources.map(({ url }, index) => [
      `source${index}`,
      { ...odsl.sandboxConnection(url), sandbox: true },
    ]),
  );
  const config = stringify({ redis: { prefix: `bench-${prefix}` }, catalogue, connections });
  return keep(await gateway(config, { REDIS_URL: redisUrl }));
}

/** The bare walk over these sources. */
async function bareWalk({ keep }: Stage, sources: readonly SourcePeer[]): Promise<Peer> {
  return keep(await bare('walk', { SOURCES: sources.map(({ url }) => `${url}/api`).join(' ') }));
}

function contestant(
  name: string,
  peer: Peer,
  at: string,
  headers: Readonly<Record<string, string>> = {},
): Contestant {
  return { name, url: `${peer.url.replace(/\/$/, '')}${at}`, pids: peer.pids, headers };
}

async function hot(stage: Stage): Promise<void> {
  const { folder, keep, rows, say } = stage;
  const own = await gatewayOf(stage, 'hot', await fourSources(stage), { ttl: '1h' });
  const answer = await fetch(`${own.url}${path}`);
  const body = join(folder, 'body.json');
  writeFileSync(body, Buffer.from(await answer.arrayBuffer()));
  const bytes = keep(await bare('bytes', { BODY: body }));
  const cache = await nginx(bytes.url);
  if (cache === null) say('SKIPPED: nginx is not installed');
  const hit = [
    contestant('gateway', own, path),
    ...(cache === null ? [] : [contestant('nginx proxy_cache', keep(cache), '/')]),
    contestant('bare node:http', bytes, '/'),
  ];
  rows.push(...ratios('cached list', await rounds(hit, settings)));
  // One page has it all: an ETag lives no longer than the cursor that comes with it, which may end meanwhile.
  const whole = '/v1/processes?name=smoke';
  const etag = (await fetch(`${own.url}${whole}`)).headers.get('etag') ?? '';
  const known = [
    contestant('gateway', own, whole, { 'if-none-match': etag }),
    contestant('bare node:http', bytes, '/', { 'if-none-match': 'W/"the-same-bytes"' }),
  ];
  rows.push(...ratios('304', await rounds(known, { ...settings, expected: [304] })));
}

async function redisWarm(stage: Stage): Promise<void> {
  const { redisUrl, keep, rows } = stage;
  const sources = await fourSources(stage);
  const own = await gatewayOf(stage, 'redis', sources, { ttl: '1h', memory: '0B' });
  const body = Buffer.from(await (await fetch(`${own.url}${path}`)).arrayBuffer());
  const client = new Redis(redisUrl);
  await client.set('bench-body', body);
  await client.quit();
  const peer = keep(await bare('redis-bytes', { REDIS_URL: redisUrl, KEY: 'bench-body' }));
  const all = [contestant('gateway', own, path), contestant('bare Fastify + ioredis', peer, '/')];
  rows.push(...ratios('only Redis warm', await rounds(all, settings)));
}

async function coldOne(stage: Stage): Promise<void> {
  const { keep, rows } = stage;
  const source = keep(await startSource(1_000));
  const all = [
    contestant('gateway', await gatewayOf(stage, 'cold-1', [source], cold), '/v1/processes'),
    contestant('bare undici + parse + map', await bareWalk(stage, [source]), '/'),
  ];
  rows.push(...ratios('cold, one of 1,000, as before', await rounds(all, coldSettings)));
  const stop = source.keepChanging();
  rows.push(...ratios('cold, one of 1,000, changed', await rounds(all, coldSettings)));
  await stop();
}

async function coldFour(stage: Stage): Promise<void> {
  const { keep, rows, say } = stage;
  const sources = await fourSources(stage);
  const engine = await lura(sources.map(({ url }) => `${url}/api/process/v1?_limit=-1`));
  if (engine === null) say('SKIPPED: Lura needs Go');
  const signed = { authorization: 'Bearer sandbox-token' };
  const all = [
    contestant('gateway', await gatewayOf(stage, 'cold-4', sources, cold), '/v1/processes'),
    contestant('bare undici + parse + map', await bareWalk(stage, sources), '/'),
    ...(engine === null ? [] : [contestant('Lura', keep(engine), '/', signed)]),
  ];
  rows.push(...ratios('cold, four of 500, as before', await rounds(all, coldSettings)));
  const stops = sources.map((source) => source.keepChanging());
  rows.push(...ratios('cold, four of 500, changed', await rounds(all, coldSettings)));
  await Promise.all(stops.map((stop) => stop()));
}

/** How much later than its slowest source a cold list of four is answered. */
async function slowest(stage: Stage): Promise<void> {
  const sources = await fourSources(stage);
  const delays = [20, 40, 60, 200];
  await Promise.all(
    sources.map((source, index) =>
      source.fault({
        path: '^/api/process/v1',
        fault: { kind: 'latency', ms: delays[index] ?? 0 },
      }),
    ),
  );
  const last = sources.slice(-1);
  const all = contestant('', await gatewayOf(stage, 'slow', sources, cold), '/v1/processes');
  const alone = contestant('', await gatewayOf(stage, 'slowest', last, cold), '/v1/processes');
  const walk = contestant('', await bareWalk(stage, last), '/');
  const later: { readonly thanAlone: number; readonly thanBare: number }[] = [];
  const msOf = async (one: Contestant): Promise<number> =>
    median((await load(one, 1, 1, [200])).latencies);
  for (let round = 0; round < 17; round += 1) {
    const [ms, aloneMs, bareMs] = [await msOf(all), await msOf(alone), await msOf(walk)];
    // The first rounds compile.
    if (round > 1) later.push({ thanAlone: ms - aloneMs, thanBare: ms - bareMs });
  }
  const middle = (values: number[]): string => median(values).toFixed(1);
  stage.say(
    `cold list of four sources, later than its slowest source: ${middle(later.map((each) => each.thanAlone))} ms (that one alone through a gateway), ${middle(later.map((each) => each.thanBare))} ms (a bare walk of it), medians of 15 rounds`,
  );
  await Promise.all(sources.map((source) => source.reset()));
}

/** One walk however many ask: a thousand cold calls at once on two replicas. */
async function herd(stage: Stage): Promise<void> {
  const sources = await fourSources(stage);
  const replicas = [
    await gatewayOf(stage, 'herd', sources, {}),
    await gatewayOf(stage, 'herd', sources, {}),
  ];
  await Promise.all(sources.map((source) => source.reset()));
  const calls = Array.from({ length: 1_000 }, (_, index) =>
    fetch(`${replicas[index % 2]?.url ?? ''}/v1/processes`),
  );
  const answers = await Promise.all(calls);
  const complete = answers.filter(({ headers }) => headers.get('gateway-complete') === '?1').length;
  const walks = await Promise.all(
    sources.map(
      async (source) => (await source.requests()).filter((each) => each.includes('_skip=0')).length,
    ),
  );
  stage.say(
    `1,000 concurrent cold calls on two replicas: ${complete} complete answers, walks per source ${walks.join(', ')}`,
  );
}

/** Axios over undici against axios as it comes, 20 calls a request. */
async function transport(stage: Stage): Promise<void> {
  const { folder, keep, rows } = stage;
  const body = join(folder, 'small.json');
  writeFileSync(body, JSON.stringify({ small: 'x'.repeat(2_000) }));
  const upstream = keep(await bare('bytes', { BODY: body }));
  const open = async (kind: string): Promise<Peer> =>
    keep(await bare('transport', { TRANSPORT: kind, UPSTREAM: upstream.url }));
  const all = [
    contestant('axios over undici', await open('undici'), '/'),
    contestant("axios' own adapter", await open('http'), '/'),
  ];
  const turns = await rounds(all, { ...settings, connections: 4 });
  rows.push(...ratios('20 upstream calls', turns));
}

/** By the name that the command line knows them by. */
export const cases: Readonly<Record<string, (stage: Stage) => Promise<void>>> = {
  hot,
  redis: redisWarm,
  'cold-one': coldOne,
  'cold-four': coldFour,
  transport,
  slowest,
  herd,
};
