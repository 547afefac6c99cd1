import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import {
  type Fault,
  type FaultRequest,
  Faults,
  faultText,
  isAfterEffect,
  isSilent,
  playAfter,
  playBefore,
} from './faults.ts';
import { type Effect, Store } from './store.ts';

/** One request that reached a sandbox, and what it answered; bodies as text. */
export interface Exchange {
  readonly method: string;
  readonly url: string;
  readonly requestHeaders: Readonly<Record<string, string>>;
  /** Null where there was none, or where a fault was played before it was read. */
  readonly requestBody: Buffer | null;
  /** 0 where a fault kept an answer from being made; one that was made and never left is told of. */
  readonly status: number;
  readonly responseHeaders: Readonly<Record<string, string>>;
  /** Null for what was streamed. */
  readonly responseBody: string | null;
  /** Whether a fault was played: then the answer is not the platform's. */
  readonly faulty: boolean;
}

/** What a sandbox is started with. */
export interface SandboxOptions {
  /** Processes it is seeded with; the company's own when left out. */
  readonly size?: number;
  /** 0 or left out: any free port. */
  readonly port?: number;
  /** Where its state is kept; only in memory when left out. */
  readonly file?: string;
  /** Sees every exchange; for tests that compare them with a document. */
  readonly observe?: (exchange: Exchange) => void;
}

/** A platform's stand-in: how it is seeded and what it answers. */
export interface SandboxDefinition<S extends object> {
  readonly name: string;
  /** Processes of the company that live on this platform. */
  readonly defaultSize: number;
  readonly seed: (size: number) => S;
  readonly routes: (app: FastifyInstance, store: Store<S>) => void;
}

/** A running sandbox. */
export interface Sandbox {
  readonly name: string;
  readonly url: string;
  readonly faults: { add(fault: FaultRequest): void; clear(): void };
  ledger(): readonly Effect[];
  /** Method and URL of the requests since the start or the last `forget` (the newest 20,000), control requests left out. */
  requests(): readonly string[];
  forget(): void;
  reset(): void;
  close(): Promise<void>;
}

/** Who sees the exchanges of every sandbox in this process: a record, or a test run that compares all of them with documents. */
export const watchers = new Set<(sandbox: string, exchange: Exchange) => void>();

/** The credentials that every sandbox takes, printed at its start; nothing real stands behind them. */
export const sandboxCredentials = {
  clientId: 'sandbox-client',
  clientSecret: 'sandbox-secret',
  token: 'sandbox-token',
  user: 'sandbox@example.com',
  password: 'sandbox-password',
} as const;

/** Starts a sandbox on loopback. */
export async function startSandbox<S extends object>(
  definition: SandboxDefinition<S>,
  options: SandboxOptions = {},
): Promise<Sandbox> {
  const size = options.size ?? definition.defaultSize;
  const seed = `${definition.name}/${size}`;
  const store = new Store(options.file ?? null, seed, () => definition.seed(size));
  const faults = new Faults();
  const requests: string[] = [];
  const app = fastify({
    routerOptions: { maxParamLength: 2_048 },
    bodyLimit: 512 * 1_024 ** 2,
    forceCloseConnections: true,
  });
  readBodiesRaw(app);
  control(app, store, faults, requests);
  await app.register((platform, _options, done) => {
    const see = (exchange: Exchange): void => {
      options.observe?.(exchange);
      for (const watch of watchers) watch(definition.name, exchange);
    };
    // First, because a fault may keep an answer from those behind it.
    observe(platform, see);
    playFaults(platform, { faults, requests, see });
    definition.routes(platform, store);
    done();
  });
  const url = await app.listen({ host: '127.0.0.1', port: options.port ?? 0 });
  return {
    name: definition.name,
    url,
    faults,
    ledger: () => store.ledger,
    requests: () => requests,
    forget: () => requests.splice(0),
    reset: () => {
      store.reset();
    },
    close: async () => {
      await app.close();
      store.flush();
    },
  };
}

/** Every body arrives as a Buffer: what a media type means is the platform's business. */
function readBodiesRaw(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => {
    done(null, body);
  });
}

const rememberedRequests = 20_000;
const played = new WeakMap<FastifyRequest, Fault>();

interface Watched {
  readonly faults: Faults;
  readonly requests: string[];
  readonly see: (exchange: Exchange) => void;
}

function playFaults(app: FastifyInstance, { faults, requests, see }: Watched): void {
  app.addHook('onRequest', async (request, reply) => {
    requests.push(`${request.method} ${request.url}`);
    if (requests.length > rememberedRequests) requests.shift();
    const fault = faults.take(request.method, request.url);
    if (fault === null) return;
    played.set(request, fault);
    if (isSilent(fault)) see({ ...exchangeOf(request, reply, null), status: 0 });
    return (await playBefore(fault, reply)) ? reply : undefined;
  });
  app.addHook('onSend', (request, reply, payload, done) => {
    const fault = played.get(request);
    if (fault !== undefined && isAfterEffect(fault)) {
      playAfter(fault, request, reply, payload);
      return;
    }
    done(null, payload);
  });
}

function observe(app: FastifyInstance, see: (exchange: Exchange) => void): void {
  app.addHook('onSend', (request, reply, payload, done) => {
    // Half a request is nobody's contract, and its answer reaches nobody.
    if (!isBroken(request)) see(exchangeOf(request, reply, payload));
    done(null, payload);
  });
}

function isBroken({ raw }: FastifyRequest): boolean {
  return raw.destroyed && !raw.complete;
}

function exchangeOf(request: FastifyRequest, reply: FastifyReply, payload: unknown): Exchange {
  const text = typeof payload === 'string' || Buffer.isBuffer(payload) ? payload.toString() : null;
  return {
    method: request.method,
    url: request.url,
    requestHeaders: plain(request.headers),
    requestBody: Buffer.isBuffer(request.body) ? request.body : null,
    status: reply.statusCode,
    responseHeaders: plain(reply.getHeaders()),
    responseBody: text,
    faulty: played.has(request),
  };
}

function plain(headers: Readonly<Record<string, unknown>>): Record<string, string> {
  const set = Object.entries(headers).filter(([, value]) => value !== undefined);
  return Object.fromEntries(set.map(([name, value]) => [name, String(value)]));
}

/** `/_sandbox/…`: faults, ledger and requests for whoever runs the sandbox as a process of its own. */
function control<S extends object>(
  app: FastifyInstance,
  store: Store<S>,
  faults: Faults,
  requests: string[],
): void {
  app.get('/_sandbox/ledger', () => store.ledger);
  app.get('/_sandbox/requests', () => requests);
  app.delete('/_sandbox/requests', async (_request, reply) => {
    requests.splice(0);
    return reply.code(204).send();
  });
  app.get('/_sandbox/faults', () => faults.list());
  app.post('/_sandbox/faults', async (request, reply) => {
    const parsed = faultText.safeParse(String(request.body));
    if (!parsed.success) return reply.code(400).send({ errors: parsed.error.issues });
    faults.add(parsed.data);
    return reply.code(204).send();
  });
  app.delete('/_sandbox/faults', async (_request, reply) => {
    faults.clear();
    return reply.code(204).send();
  });
  app.post('/_sandbox/reset', async (_request, reply) => {
    store.reset();
    faults.clear();
    requests.splice(0);
    return reply.code(204).send();
  });
}
