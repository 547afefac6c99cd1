import { createServer } from 'node:net';
import { Redis } from 'ioredis';
import { completeConfig, type ReadConfig, readConfig } from './config/load-config.ts';
import type { GatewayConfig } from './config/gateway.config.ts';
import type { Secret } from './config/secret.ts';
import { durabilityProblems } from './redis/durability.ts';

/** Everything that keeps a process from starting, each a line for people. */
export class StartError extends Error {
  constructor(problems: readonly string[]) {
    super(`Cannot start:\n${problems.map((problem) => `  - ${problem}`).join('\n')}`);
    this.name = 'StartError';
  }
}

const connectTimeoutMs = 5_000;

/**
 * The configuration of a process that starts, once everything it needs has been looked at.
 * @throws StartError naming everything that is wrong at once
 */
export async function preflight(
  env: NodeJS.ProcessEnv,
  needs: { readonly port: boolean },
): Promise<{ readonly config: GatewayConfig; readonly warnings: readonly string[] }> {
  const read = readConfig(env);
  const missing = [
    ...(read.file === null && read.problems.length === 0
      ? [
          'there is no configuration: write gateway.yaml (gateway.example.yaml shows how) or name one by GATEWAY_CONFIG',
        ]
      : []),
    ...(read.redisUrl === null ? ['no Redis is named: set redis.url or REDIS_URL'] : []),
  ];
  const { problems, warnings } = await lookAround(read, needs);
  const config = completeConfig(read);
  const all = [...read.problems, ...missing, ...problems];
  if (config === null || all.length > 0) throw new StartError(all);
  return { config, warnings };
}

/** Looks whether the port is free and Redis is there and keeps what it is given. */
export async function lookAround(
  { port, host, redisUrl, file }: Pick<ReadConfig, 'port' | 'host' | 'redisUrl' | 'file'>,
  needs: { readonly port: boolean },
): Promise<{ readonly problems: readonly string[]; readonly warnings: readonly string[] }> {
  const [busy, redis] = await Promise.all([
    needs.port && port > 0 && port < 65_536 ? portProblem(host, port) : null,
    redisUrl === null ? { unreachable: null, durability: [] } : lookAtRedis(redisUrl),
  ]);
  const refuse = file?.redis.requireDurable === true;
  const unsafe = redis.durability.map((problem) => `Redis may lose accepted work: ${problem}`);
  const problems = [busy, redis.unreachable, ...(refuse ? unsafe : [])].filter(
    (each) => each !== null,
  );
  return { problems, warnings: refuse ? [] : unsafe };
}

function portProblem(host: string, port: number): Promise<string | null> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => {
      const reason =
        error.code === 'EADDRINUSE'
          ? 'is taken by another program'
          : `cannot be used (${error.code ?? error.message})`;
      resolve(`port ${port} on ${host} ${reason}: set PORT to a free one`);
    });
    server.listen({ port, host, exclusive: true }, () => {
      server.close(() => {
        resolve(null);
      });
    });
  });
}

async function lookAtRedis(
  url: Secret,
): Promise<{ unreachable: string | null; durability: string[] }> {
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
  try {
    await redis.connect();
    return { unreachable: null, durability: await durabilityProblems(redis) };
  } catch (error) {
    const { host = '', port = '' } = redis.options;
    return {
      unreachable: `Redis at ${host}:${port} cannot be reached (${reason || String(error)})`,
      durability: [],
    };
  } finally {
    redis.disconnect();
  }
}
