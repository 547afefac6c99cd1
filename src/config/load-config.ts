import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseDocument } from 'yaml';
import type { z } from 'zod';
import { dataFolder } from '../embedded/data-folder.ts';
import type { ConnectionConfig } from './connection.config.ts';
import { type GatewayConfig, gatewayConfigSchema } from './gateway.config.ts';
import { isRedisUrl, Secret } from './secret.ts';

type Environment = Readonly<Record<string, string | undefined>>;

const logLevels = ['trace', 'debug', 'info', 'warn', 'error'] as const;

/** The configuration file that counts here: GATEWAY_CONFIG, else `gateway.yaml` of the working folder, else none. */
export function configFile(env: Environment): string | null {
  if (env['GATEWAY_CONFIG'] !== undefined && env['GATEWAY_CONFIG'] !== '')
    return resolve(env['GATEWAY_CONFIG']);
  return existsSync('gateway.yaml') ? resolve('gateway.yaml') : null;
}

/** What a configuration says, and everything that is wrong with it. */
export interface ReadConfig {
  readonly problems: readonly string[];
  /** Null when the file is missing or not valid. */
  readonly file: z.output<typeof gatewayConfigSchema> | null;
  readonly port: number;
  readonly host: string;
  /** REDIS_URL, else redis.url; null when neither is there. */
  readonly redisUrl: Secret | null;
  readonly level: GatewayConfig['log']['level'];
  /** files.directory, else `files` of the data folder. */
  readonly filesDirectory: string;
}

const defaults = { port: 3_000, host: '127.0.0.1', level: 'info' } as const;

/** Reads the file, and what the environment says on top. */
export function readConfig(env: Environment): ReadConfig {
  const problems: string[] = [];
  const overrides = readEnvironment(env, problems);
  const path = configFile(env);
  const file = path === null ? null : readFile(path, problems);
  return {
    problems,
    file,
    port: overrides.port ?? file?.server.port ?? defaults.port,
    host: overrides.host ?? file?.server.host ?? defaults.host,
    redisUrl: overrides.redisUrl ?? file?.redis.url ?? null,
    level: overrides.level ?? file?.log.level ?? defaults.level,
    filesDirectory: resolve(file?.files.directory ?? join(dataFolder(env), 'files')),
  };
}

/** The configuration as the gateway uses it; null when anything is missing or wrong. */
export function completeConfig({
  problems,
  file,
  port,
  host,
  redisUrl,
  level,
  filesDirectory,
}: ReadConfig): GatewayConfig | null {
  if (problems.length > 0 || file === null || redisUrl === null) return null;
  return {
    ...file,
    server: { ...file.server, port, host },
    redis: { ...file.redis, url: redisUrl },
    log: { level },
    files: { ...file.files, directory: filesDirectory },
    connections: Object.entries(file.connections).map(([id, each]) => ({
      ...(each as Omit<ConnectionConfig, 'id'>),
      id,
    })),
  };
}

function readFile(path: string, problems: string[]): ReadConfig['file'] {
  const before = problems.length;
  const content = readYaml(path, problems);
  if (problems.length > before) return null;
  const parsed = gatewayConfigSchema.safeParse(content, { reportInput: true });
  if (!parsed.success) problems.push(...parsed.error.issues.flatMap((issue) => describe(issue)));
  return parsed.data ?? null;
}

function readYaml(file: string, problems: string[]): unknown {
  try {
    const document = parseDocument(readFileSync(file, 'utf8'), { prettyErrors: true });
    problems.push(
      ...document.errors.map((error) => `${file}: ${error.message.split('\n')[0] ?? ''}`),
    );
    return document.toJS() as unknown;
  } catch (error) {
    problems.push(
      `${file} cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown error'})`,
    );
    return null;
  }
}

interface Overrides {
  readonly port: number | undefined;
  readonly host: string | undefined;
  readonly redisUrl: Secret | undefined;
  readonly level: (typeof logLevels)[number] | undefined;
}

function readEnvironment(env: Environment, problems: string[]): Overrides {
  const port = env['PORT'] === undefined || env['PORT'] === '' ? undefined : Number(env['PORT']);
  if (port !== undefined && !(Number.isInteger(port) && port >= 0 && port <= 65_535)) {
    problems.push(`PORT must be a number from 0 to 65535, not "${env['PORT'] ?? ''}"`);
  }
  const url = env['REDIS_URL'] === '' ? undefined : env['REDIS_URL'];
  if (url !== undefined && !isRedisUrl(url))
    problems.push('REDIS_URL must be a redis:// or rediss:// URL');
  const level = logLevels.find((each) => each === env['LOG_LEVEL']);
  if (env['LOG_LEVEL'] !== undefined && env['LOG_LEVEL'] !== '' && level === undefined) {
    problems.push(`LOG_LEVEL must be one of ${logLevels.join(', ')}`);
  }
  const redisUrl = url === undefined ? undefined : new Secret(() => url);
  return { port, host: env['HOST'] === '' ? undefined : env['HOST'], redisUrl, level };
}

/** `connections.frends-eu.baseUrl: must be …`; members that nobody knows are each named. */
function describe(issue: z.core.$ZodIssue, above: readonly PropertyKey[] = []): string[] {
  const path = [...above, ...issue.path];
  const at = path.length === 0 ? 'the file' : path.map(String).join('.');
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => `${[...path.map(String), key].join('.')} is not known here`);
  }
  if (issue.code === 'invalid_key') return issue.issues.map((each) => `${at}: ${each.message}`);
  if (issue.code === 'invalid_union') return describeUnion(issue, path, at);
  if (issue.code === 'invalid_type' && issue.input === undefined) return [`${at} is missing`];
  return [`${at}: ${issue.message}`];
}

/** Of the alternatives, the one that was meant: the first that the value is of the right type for. */
function describeUnion(
  issue: z.core.$ZodIssueInvalidUnion,
  path: readonly PropertyKey[],
  at: string,
): string[] {
  if (issue.discriminator !== undefined) {
    const known = 'options' in issue ? (issue.options ?? []).map(String).join(', ') : '';
    return [`${at}: must be one of ${known}`];
  }
  const meant = issue.errors.find((branch) =>
    branch.every((each) => each.code !== 'invalid_type' || each.path.length > 0),
  );
  if (meant === undefined || issue.message !== 'Invalid input') return [`${at}: ${issue.message}`];
  return meant.flatMap((each) => describe(each, path));
}
