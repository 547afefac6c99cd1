import { createServer } from 'node:net';
import { Redis } from 'ioredis';
import { completeConfig, configFile, type ReadConfig, readConfig } from './config/load-config.ts';
import type { GatewayConfig } from './config/gateway.config.ts';
import type { Secret } from './config/secret.ts';
import { platforms } from './platforms/all.ts';
import { durabilityProblems, replicaWarning } from './redis/durability.ts';

/** Everything that keeps a process from starting, and what would be warned about if it did; each a line for people. */
export class StartError extends Error {
  constructor(problems: readonly string[], warnings: readonly string[] = []) {
    const lines = [
      'Cannot start:',
      ...problems.map((problem) => `  - ${problem}`),
      ...warnings.map((warning) => `  WARNING: ${warning}`),
    ];
    super(lines.join('\n'));
    this.name = 'StartError';
  }
}

/** What a start finds around it, as the configuration names it. */
type Surroundings = Pick<
  ReadConfig,
  'port' | 'host' | 'redisUrl' | 'catalogueUrl' | 'requireDurable' | 'minReplicas' | 'warnings'
>;

const connectTimeoutMs = 5_000;

/**
 * The configuration of a process that starts, once everything it needs has been looked at.
 * @throws StartError naming everything that is wrong at once
 */
export async function preflight(
  env: NodeJS.ProcessEnv,
  needs: { readonly port: boolean },
): Promise<{ readonly config: GatewayConfig; readonly warnings: readonly string[] }> {
  const read = readConfig(env, platforms);
  const missing = [
    ...(configFile(env) === null
      ? [
          'there is no configuration: write gateway.yaml (gateway.example.yaml shows how) or name one by GATEWAY_CONFIG',
        ]
      : []),
    ...(read.namesNoRedis ? ['no Redis is named: set redis.url or REDIS_URL'] : []),
  ];
  const { problems, warnings } = await lookAround(read, needs);
  const config = completeConfig(read);
  const all = [...read.problems, ...missing, ...problems];
  if (config === null || all.length > 0) throw new StartError(all, warnings);
  return { config, warnings };
}

/** Looks whether the port is free and Redis is there and keeps what it is given. */
export async function lookAround(
  { port, host, redisUrl, catalogueUrl, requireDurable, minReplicas, warnings }: Surroundings,
  needs: { readonly port: boolean },
): Promise<{ readonly problems: readonly string[]; readonly warnings: readonly string[] }> {
  const [busy, redis, catalogue] = await Promise.all([
    needs.port && port > 0 && port < 65_536 ? portProblem(host, port) : null,
    redisUrl === null ? nothingToSay : lookAtRedis(redisUrl, minReplicas),
    // It may forget, so how it keeps its data does not count.
    catalogueUrl === null ? nothingToSay : lookAtRedis(catalogueUrl, minReplicas),
  ]);
  const unsafe = redis.durability.map((problem) => `Redis may lose accepted work: ${problem}`);
  const found = [busy, redis.unreachable, catalogue.unreachable].filter((each) => each !== null);
  const problems = [...new Set(found), ...(requireDurable ? unsafe : [])];
  const alone = redis.replicas === null ? [] : [redis.replicas];
  return { problems, warnings: [...warnings, ...(requireDurable ? [] : unsafe), ...alone] };
}

function portProblem(host: string, port: number): Promise<string | null> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => {
      resolve(listenProblem(host, port, error));
    });
    server.listen({ port, host, exclusive: true }, () => {
      server.close(() => {
        resolve(null);
      });
    });
  });
}

/** Failures to listen that are about the address, not the port. */
const noAddress = ['ENOTFOUND', 'EADDRNOTAVAIL', 'EAI_AGAIN', 'EINVAL'];

function listenProblem(
  host: string,
  port: number,
  { code, message }: NodeJS.ErrnoException,
): string {
  if (code === 'EADDRINUSE')
    return `port ${port} on ${host} is taken by another program: set PORT to a free one`;
  if (code !== undefined && noAddress.includes(code))
    return `"${host}" is no address of this machine (${code}): set HOST or server.host to one, as 127.0.0.1 or 0.0.0.0`;
  return `port ${port} on ${host} cannot be used (${code ?? message}): set PORT to another one`;
}

/** What is wrong with a Redis. */
interface RedisFindings {
  readonly unreachable: string | null;
  readonly durability: readonly string[];
  readonly replicas: string | null;
}

const nothingToSay: RedisFindings = { unreachable: null, durability: [], replicas: null };

async function lookAtRedis(url: Secret, minReplicas: number): Promise<RedisFindings> {
  const redis = new Redis(url.reveal(), {
    lazyConnect: true,
    connectTimeout: connectTimeoutMs,
    retryStrategy: () => null,
    maxRetriesPerRequest: 0,
  });
  // Without a listener a failed connection would end the process; what failed is told by connect() itself.
  let reason = '';
  redis.on('error', (error: Error) => {
    reason = error.message;
  });
  let isThere = false;
  try {
    await redis.connect();
    isThere = true;
    const { db = 0 } = redis.options;
    // The client would go on in another one without a word.
    if (db !== 0) await redis.select(db);
    return {
      unreachable: null,
      durability: await durabilityProblems(redis),
      replicas: await replicaWarning(redis, minReplicas),
    };
  } catch (error) {
    const { host = '', port = '' } = redis.options;
    return {
      unreachable: isThere
        ? `Redis at ${host}:${port} does not let it use database ${redis.options.db ?? 0} (${messageOf(error)})`
        : `Redis at ${host}:${port} cannot be reached (${reason || messageOf(error)})`,
      durability: [],
      replicas: null,
    };
  } finally {
    redis.disconnect();
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
