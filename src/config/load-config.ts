import { existsSync, readFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { parseDocument } from 'yaml';
import { describeIssue } from './config-problems.ts';
import type { ConnectionConfig } from './connection.config.ts';
import { type ConfigurablePlatform, connectionSchemaOf } from './connections.config.ts';
import { dataFolder } from './data-folder.ts';
import { isLoopback } from './fields.ts';
import {
  type ConfigFile,
  type GatewayConfig,
  gatewayConfigSchemaOf,
  redisSection,
  serverSection,
} from './gateway.config.ts';
import { isRedisUrl, notRedisUrl, Secret } from './secret.ts';
import { legible, sectionOf, urlOf } from './sections.ts';

type Environment = Readonly<Record<string, string | undefined>>;

const logLevels = ['trace', 'debug', 'info', 'warn', 'error'] as const;

/** The configuration file that counts here: GATEWAY_CONFIG, else `gateway.yaml` of the working folder, else none. */
export function configFile(env: Environment): string | null {
  if (env['GATEWAY_CONFIG'] !== undefined && env['GATEWAY_CONFIG'] !== '')
    return resolve(env['GATEWAY_CONFIG']);
  return existsSync('gateway.yaml') ? resolve('gateway.yaml') : null;
}

/** What a configuration says, and everything that is wrong with it. What is legible counts though other things are not. */
export interface ReadConfig {
  readonly problems: readonly string[];
  /** What is told and does not keep anything from starting. */
  readonly warnings: readonly string[];
  /** Null when the file is missing or not valid. */
  readonly file: ConfigFile | null;
  readonly port: number;
  readonly host: string;
  /** REDIS_URL, else redis.url; null when neither is there or what is there is not valid. */
  readonly redisUrl: Secret | null;
  /** Whether there is nothing at all that names a Redis; what cannot be read might. */
  readonly namesNoRedis: boolean;
  readonly catalogueUrl: Secret | null;
  readonly requireDurable: boolean;
  readonly minReplicas: number;
  readonly level: GatewayConfig['log']['level'];
  /** files.directory, else `files` of the data folder; as an absolute path. */
  readonly filesDirectory: string;
}

const defaults = { port: 3_000, host: '127.0.0.1', level: 'info' } as const;

/** Reads the file, and what the environment says on top. */
export function readConfig(
  env: Environment,
  platforms: readonly ConfigurablePlatform[],
): ReadConfig {
  const problems: string[] = [];
  const overrides = readEnvironment(env, problems);
  const path = configFile(env);
  const content = path === null ? {} : readYaml(path, problems);
  const file =
    path === null || content === null ? null : checkFile(path, content, platforms, problems);
  const server = legible(serverSection, sectionOf(content, 'server'));
  const redis = legible(redisSection, sectionOf(content, 'redis'));
  const named = overrides.namesRedis || content === null || 'url' in sectionOf(content, 'redis');
  const port = overrides.port ?? server.port ?? defaults.port;
  return {
    problems,
    warnings: warningsOf(env, content, port),
    file,
    port,
    host: overrides.host ?? server.host ?? defaults.host,
    redisUrl: overrides.namesRedis ? overrides.redisUrl : (redis.url ?? null),
    namesNoRedis: !named,
    catalogueUrl: redis.catalogueUrl ?? null,
    requireDurable: redis.requireDurable ?? false,
    minReplicas: redis.minReplicas ?? 0,
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
    files: { ...file.files, directory: filesDirectory, s3: file.files.s3 ?? null },
    connections: Object.entries(file.connections).map(([id, each]) => ({
      ...(each as Omit<ConnectionConfig, 'id'>),
      id,
    })),
  };
}

function checkFile(
  path: string,
  content: unknown,
  platforms: readonly ConfigurablePlatform[],
  problems: string[],
): ConfigFile | null {
  const parsed = gatewayConfigSchemaOf(platforms).safeParse(content, { reportInput: true });
  const file = nameOf(path);
  const say = (found: readonly string[]) =>
    problems.push(...found.map((each) => `${file}: ${each}`));
  for (const issue of parsed.error?.issues ?? []) {
    say(describeIssue(issue));
    // What has no proper name is not looked into by the library.
    const [section, id = ''] = issue.path;
    if (issue.code !== 'invalid_key' || section !== 'connections') continue;
    const written = new Map<string, unknown>(Object.entries(sectionOf(content, 'connections')));
    const held = written.get(String(id));
    const named = connectionSchemaOf(platforms).safeParse(held, { reportInput: true });
    const above = ['connections', id];
    say((named.error?.issues ?? []).flatMap((each) => describeIssue(each, above)));
  }
  return parsed.data ?? null;
}

/** A file as people know it: by the working folder where it lies in there. */
function nameOf(path: string): string {
  const near = relative('.', path);
  return near.startsWith('..') ? path : near;
}

/** What is no mistake for sure, but may well be one; also told where something else in the file is wrong. */
function warningsOf(env: Environment, content: unknown, port: number): string[] {
  const warnings = env['PORT'] === '' ? [`PORT is set and empty, so ${port} counts`] : [];
  const store = urlOf(sectionOf(sectionOf(content, 'files'), 's3'), 'endpoint');
  if (store?.protocol === 'http:' && !isLoopback(store))
    warnings.push('files.s3.endpoint is plain http, so whoever is on the way reads the files');
  const connections = sectionOf(content, 'connections');
  for (const id of Object.keys(connections)) {
    const connection = sectionOf(connections, id);
    for (const [name, url] of [
      ['baseUrl', urlOf(connection, 'baseUrl')],
      ['auth.tokenUrl', urlOf(sectionOf(connection, 'auth'), 'tokenUrl')],
    ] as const) {
      if (url?.protocol !== 'http:' || isLoopback(url)) continue;
      warnings.push(
        `connections.${id}.${name} is plain http, so whoever is on the way reads the credentials`,
      );
    }
  }
  return warnings;
}

/** Null when it cannot be read. */
function readYaml(file: string, problems: string[]): unknown {
  try {
    const document = parseDocument(readFileSync(file, 'utf8'), { prettyErrors: true });
    problems.push(
      ...document.errors.map((error) => `${file}: ${error.message.split('\n')[0] ?? ''}`),
    );
    if (document.errors.length > 0) return null;
    const content = document.toJS() as unknown;
    if (content === null)
      problems.push(`${file} is empty: gateway.example.yaml shows what belongs there`);
    return content;
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    problems.push(`${file} cannot be read (${code ?? message})`);
    return null;
  }
}

interface Overrides {
  readonly port: number | undefined;
  readonly host: string | undefined;
  readonly namesRedis: boolean;
  /** Null also where it is named and not valid. */
  readonly redisUrl: Secret | null;
  readonly level: (typeof logLevels)[number] | undefined;
}

function readEnvironment(env: Environment, problems: string[]): Overrides {
  const asked = env['PORT'] ?? '';
  const port = /^\d{1,5}$/.test(asked) && Number(asked) <= 65_535 ? Number(asked) : undefined;
  if (port === undefined && asked !== '')
    problems.push(`PORT must be a number from 0 to 65535, not "${asked}"`);
  const url = env['REDIS_URL'] ?? '';
  if (url !== '' && !isRedisUrl(url)) problems.push(`REDIS_URL ${notRedisUrl}`);
  const level = logLevels.find((each) => each === env['LOG_LEVEL']);
  if (env['LOG_LEVEL'] !== undefined && env['LOG_LEVEL'] !== '' && level === undefined) {
    problems.push(`LOG_LEVEL must be one of ${logLevels.join(', ')}`);
  }
  const redisUrl = isRedisUrl(url) ? new Secret(() => url) : null;
  const host = env['HOST'] === '' ? undefined : env['HOST'];
  return { port, host, namesRedis: url !== '', redisUrl, level };
}
