import { z } from 'zod';
import { platforms } from '../platforms/all.ts';
import {
  type ConnectionConfig,
  connectionFields,
  isSandboxOnLoopback,
} from './connection.config.ts';
import { anyway, duration, patience, size } from './fields.ts';
import { type FilesConfig, filesSection } from './files.config.ts';
import { redisUrl, secret } from './secret.ts';

const notOrigin = 'must be an origin, as https://portal.example.com, without a path; * is none';

/** Whether it is an origin as browsers send it (RFC 6454 §6.2). */
function isOrigin(text: string): boolean {
  return /^https?:/.test(text) && URL.canParse(text) && new URL(text).origin === text;
}

/** The section of the file that says where to listen. */
export const serverSection = z.strictObject({
  host: z
    .string()
    .min(1)
    .default('127.0.0.1')
    .meta({ description: 'Address to listen on. PORT and HOST of the environment go first.' }),
  port: z.int().min(0).max(65_535).default(3_000).meta({ description: 'Port to listen on.' }),
  cors: z
    .strictObject({
      origins: z
        .array(z.string().refine(isOrigin, notOrigin))
        .default([])
        .meta({ description: 'As `https://portal.example.com`.' }),
    })
    .prefault({})
    .meta({
      description: 'Origins whose pages may call. With sandboxes only, pages on loopback may.',
    }),
});

const mostReplicas = 10;

/** The section of the file that says which Redis to use. */
export const redisSection = z.strictObject({
  url: redisUrl
    .optional()
    .meta({ description: 'The Redis of cache, queues and records. REDIS_URL goes first.' }),
  catalogueUrl: redisUrl
    .optional()
    .meta({ description: 'A Redis of its own for cached lists; it may forget.' }),
  prefix: z
    .string()
    .regex(/^[\w.-]{1,40}$/, 'must be 1 to 40 of A-Z a-z 0-9 _ . -')
    .default('gateway')
    .meta({ description: 'What every key begins with.' }),
  requireDurable: z.boolean().default(false).meta({
    description:
      'Refuse to start without an append-only file and noeviction, instead of a warning.',
  }),
  minReplicas: z.int().min(0).max(mostReplicas).default(0).meta({
    description:
      'How many replicas must have a start before it is accepted, and before it is sent; with fewer it is 503. 0: one, as long as any is connected.',
  }),
});

const leastKeyLength = 32;
const leastPinMs = 1_000;
/** Less holds no list that is worth a gateway. */
const leastMaxBytes = 1_024 ** 2;
const shortKey = `holds less than ${leastKeyLength} characters`;

const catalogue = z.strictObject({
  ttl: duration.prefault('30s').meta({
    description:
      'How long a list or a single read is fresh; 365d at most. 0s: every call finds it stale.',
  }),
  staleWhileRevalidate: duration.prefault('10m').meta({
    description: 'How long after that it is served while one refresh runs behind; 365d at most.',
  }),
  staleIfError: duration.prefault('24h').meta({
    description: 'How long after that it is served while the platform fails; 365d at most.',
  }),
  deadline: patience
    .prefault('2500ms')
    .meta({ description: 'After which a list answers with what it has.' }),
  pin: duration
    .refine((ms) => ms >= leastPinMs, 'must be 1s at least')
    .prefault('10m')
    .meta({ description: 'How long a cursor keeps its snapshots; 1s at least, 365d at most.' }),
  maxBytes: size
    .refine((bytes) => bytes >= leastMaxBytes, 'must be 1MB at least')
    .prefault('512MB')
    .meta({
      description:
        'The largest sum of snapshots in Redis; replaced ones count as long as a cursor keeps them, a minute at least. 1MB at least.',
    }),
  maxReadBytes: size
    .refine((bytes) => bytes >= leastMaxBytes, 'must be 1MB at least')
    .prefault('64MB')
    .meta({
      description:
        'The largest sum in Redis of the single reads of one connection, and of ready answers; what would end first makes room.',
    }),
  memory: size.prefault('256MB').meta({
    description: 'What each process keeps of snapshots and ready answers; 0B keeps nothing.',
  }),
  cursorKey: secret
    .refine((held) => held.reveal().length >= leastKeyLength, shortKey)
    .optional()
    .meta({
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

const worker = z.strictObject({
  drain: patience.prefault('25s').meta({
    description:
      'How long a worker that is asked to end waits for the answers of what it is sending. Its surroundings have to give it longer: Kubernetes gives 30s (terminationGracePeriodSeconds).',
  }),
});

const [first, ...others] = platforms.map((platform) =>
  platform.settings
    .safeExtend({
      platform: z
        .literal(platform.name)
        .meta({ description: `A connection to ${platform.title}.` }),
      ...connectionFields,
    })
    .refine(isSandboxOnLoopback, {
      path: ['sandbox'],
      message: 'is for sandboxes on loopback only, and baseUrl leads elsewhere',
      when: anyway,
    }),
);
if (first === undefined) throw new Error('no platform is listed in platforms/index.ts');
/** One connection of the file, whatever its platform. */
export const connectionSchema = z.discriminatedUnion('platform', [first, ...others]);
const mostConnections = 200;

/** The whole configuration file; `openapi/gateway.config.schema.json` is made from it. */
export const gatewayConfigSchema = z.strictObject({
  server: serverSection.prefault({}).meta({ description: 'Where the gateway listens.' }),
  redis: redisSection.prefault({}).meta({ description: 'Where it keeps what it knows.' }),
  catalogue: catalogue.prefault({}).meta({ description: 'How lists and single reads are kept.' }),
  runs: runs.prefault({}).meta({ description: 'How runs are started.' }),
  worker: worker.prefault({}).meta({ description: 'How workers end.' }),
  files: filesSection.prefault({}).meta({ description: 'Files that wait for a platform.' }),
  log: z
    .strictObject({
      level: z
        .enum(['trace', 'debug', 'info', 'warn', 'error'])
        .default('info')
        .meta({ description: 'The least weighty lines that are written.' }),
    })
    .prefault({})
    .meta({ description: 'LOG_LEVEL of the environment goes first.' }),
  connections: z
    .record(
      z.string().regex(/^[a-z0-9-]{1,40}$/, 'must be a connection id: a-z, 0-9 and -, 40 at most'),
      connectionSchema,
    )
    .refine((all) => Object.keys(all).length > 0, 'must name at least one connection')
    .refine(
      (all) => Object.keys(all).length <= mostConnections,
      'must name 200 connections at most',
    )
    .meta({
      description:
        'The accounts on platforms, by id: a-z, 0-9 and -, 40 at most. Ids of processes begin with it.',
      minProperties: 1,
      maxProperties: mostConnections,
    }),
});

type Parsed = z.output<typeof gatewayConfigSchema>;

/** The configuration as the gateway uses it: durations in ms, sizes in bytes, secrets behind `reveal`. */
export interface GatewayConfig extends Omit<Parsed, 'connections' | 'redis' | 'files'> {
  readonly redis: Parsed['redis'] & { readonly url: NonNullable<Parsed['redis']['url']> };
  readonly files: FilesConfig;
  readonly connections: readonly ConnectionConfig[];
}
