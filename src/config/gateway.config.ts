import { z } from 'zod';
import { platforms } from '../platforms/all.ts';
import { type ConnectionConfig, connectionFields } from './connection.config.ts';
import { duration, size } from './fields.ts';
import { redisUrl, secret } from './secret.ts';

const server = z.strictObject({
  host: z
    .string()
    .min(1)
    .default('127.0.0.1')
    .meta({ description: 'Address to listen on. PORT and HOST of the environment go first.' }),
  port: z.int().min(0).max(65_535).default(3_000).meta({ description: 'Port to listen on.' }),
  cors: z
    .strictObject({ origins: z.array(z.string().min(1)).default([]) })
    .prefault({})
    .meta({
      description: 'Origins whose pages may call. With sandboxes only, pages on loopback may.',
    }),
});

const redis = z.strictObject({
  url: redisUrl
    .optional()
    .meta({ description: 'The Redis of cache, queues and records. REDIS_URL goes first.' }),
  catalogueUrl: redisUrl
    .optional()
    .meta({ description: 'A Redis of its own for cached lists; it may forget.' }),
  prefix: z
    .string()
    .regex(/^[\w.-]{1,40}$/)
    .default('gateway')
    .meta({ description: 'What every key begins with.' }),
  requireDurable: z.boolean().default(false).meta({
    description:
      'Refuse to start without an append-only file and noeviction, instead of a warning.',
  }),
});

const catalogue = z.strictObject({
  ttl: duration.prefault('30s').meta({ description: 'How long a list or a single read is fresh.' }),
  staleWhileRevalidate: duration
    .prefault('10m')
    .meta({ description: 'How long after that it is served while one refresh runs behind.' }),
  staleIfError: duration
    .prefault('24h')
    .meta({ description: 'How long after that it is served while the platform fails.' }),
  deadline: duration
    .prefault('2500ms')
    .meta({ description: 'After which a list answers with what it has.' }),
  pin: duration.prefault('10m').meta({ description: 'How long a cursor keeps its snapshots.' }),
  maxBytes: size
    .prefault('512MB')
    .meta({ description: 'The largest sum of current snapshots in Redis.' }),
  memory: size.prefault('256MB').meta({
    description: 'What each process keeps of snapshots and ready answers; 0B keeps nothing.',
  }),
  cursorKey: secret.optional().meta({
    description:
      'Seals cursors, 32 characters or more; one is made and kept in Redis when left out.',
  }),
});

const runs = z.strictObject({
  requireIdempotencyKey: z
    .boolean()
    .default(false)
    .meta({ description: 'Refuse starts without an Idempotency-Key.' }),
});

const files = z.strictObject({
  directory: z.string().min(1).optional().meta({
    description:
      'Folder of files that wait for a platform; gateways and workers have to share it. `files` of GATEWAY_DATA when left out.',
  }),
  maxBytes: size
    .prefault('300MB')
    .meta({ description: 'The largest request that brings files, all of them together.' }),
});

const [first, ...others] = platforms.map((platform) =>
  z.strictObject({
    platform: z.literal(platform.name),
    ...connectionFields,
    ...platform.settings.shape,
  }),
);
if (first === undefined) throw new Error('no platform is listed in platforms/index.ts');
const connection = z.discriminatedUnion('platform', [first, ...others]);

/** The whole configuration file; `openapi/gateway.config.schema.json` is made from it. */
export const gatewayConfigSchema = z.strictObject({
  server: server.prefault({}),
  redis: redis.prefault({}),
  catalogue: catalogue.prefault({}),
  runs: runs.prefault({}),
  files: files.prefault({}),
  log: z
    .strictObject({ level: z.enum(['trace', 'debug', 'info', 'warn', 'error']).default('info') })
    .prefault({})
    .meta({ description: 'LOG_LEVEL of the environment goes first.' }),
  connections: z
    .record(
      z.string().regex(/^[a-z0-9-]{1,40}$/, 'must be a connection id: a-z, 0-9 and -, 40 at most'),
      connection,
    )
    .refine((all) => Object.keys(all).length > 0, 'must name at least one connection')
    .refine((all) => Object.keys(all).length <= 200, 'must name 200 connections at most'),
});

type Parsed = z.output<typeof gatewayConfigSchema>;

/** The configuration as the gateway uses it: durations in ms, sizes in bytes, secrets behind `reveal`. */
export interface GatewayConfig extends Omit<Parsed, 'connections' | 'redis' | 'files'> {
  readonly redis: Parsed['redis'] & { readonly url: NonNullable<Parsed['redis']['url']> };
  /** With its folder as an absolute path. */
  readonly files: Parsed['files'] & { readonly directory: string };
  readonly connections: readonly ConnectionConfig[];
}
