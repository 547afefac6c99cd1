import { z } from 'zod';
import type { ConnectionConfig } from './connection.config.ts';
import { type ConfigurablePlatform, connectionsSectionOf } from './connections.config.ts';
import { duration, patience, size } from './fields.ts';
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

const sections = {
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
};

/** The whole configuration file; `openapi/gateway.config.schema.json` is made from it. */
export function gatewayConfigSchemaOf(platforms: readonly ConfigurablePlatform[]) {
  return z.strictObject({ ...sections, connections: connectionsSectionOf(platforms) });
}

/** What stands in the file, once it is valid. */
export type ConfigFile = z.output<ReturnType<typeof gatewayConfigSchemaOf>>;

/** The configuration as the gateway uses it: durations in ms, sizes in bytes, secrets behind `reveal`. */
export interface GatewayConfig extends Omit<ConfigFile, 'connections' | 'redis' | 'files'> {
  readonly redis: ConfigFile['redis'] & { readonly url: NonNullable<ConfigFile['redis']['url']> };
  readonly files: FilesConfig;
  readonly connections: readonly ConnectionConfig[];
}
