import { relative } from 'node:path';
import { version } from '../version.ts';
import type { EmbeddedRedis } from './redis-server.ts';

/** What runs after a start. */
export interface Running {
  readonly host: string;
  readonly port: number;
  readonly connections: readonly string[];
  /** Where those listen that were started along, by their platform; null where none were. */
  readonly sandboxes: Readonly<Record<string, string>> | null;
  /** Null where one was named. */
  readonly redis: EmbeddedRedis | null;
  readonly folder: string;
}

/** Where a server that listens there is reached, whatever else of this machine `localhost` may mean. */
export function boundUrl(host: string, port: number): string {
  const address = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host;
  return `http://${address.includes(':') ? `[${address}]` : address}:${port}`;
}

/** The same as people write it. */
function baseUrl(host: string, port: number): string {
  const isHere = ['127.0.0.1', '0.0.0.0', '::'].includes(host);
  return `http://${isHere ? 'localhost' : host.includes(':') ? `[${host}]` : host}:${port}`;
}

/** What runs where, for the person at the terminal. */
export function summary({ host, port, connections, sandboxes, redis, folder }: Running): string {
  const base = baseUrl(host, port);
  const near = relative(process.cwd(), folder);
  const data = near === '' || near.startsWith('..') ? folder : near;
  const made = sandboxes === null ? '' : ' (sandboxes: made-up data, nothing real behind them)';
  const where = Object.entries(sandboxes ?? {}).map(([name, url]) => `${name} ${url}`);
  const store =
    redis === null
      ? 'as named by REDIS_URL or the configuration'
      : `127.0.0.1:${new URL(redis.url).port}, durable${redis.adopted ? ', still running from the last start' : ''}`;
  return [
    '',
    `  Process gateway ${version} is ready`,
    '',
    `  API          ${base}/v1/processes`,
    `  Swagger UI   ${base}/docs`,
    `  Connections  ${connections.join(', ')}${made}`,
    ...(sandboxes === null ? [] : [`  Sandboxes    ${where.join(', ')}`]),
    `  Redis        ${store}`,
    `  Data         ${data} (npm run reset clears it), logs in ${data}/logs`,
    '',
    `  Try          curl '${base}/v1/processes?limit=3'`,
    '  Ctrl-C stops all of it.',
    '',
  ].join('\n');
}
