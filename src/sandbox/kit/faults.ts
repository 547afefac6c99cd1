import { gzipSync } from 'node:zlib';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';

const kinds = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('latency'), ms: z.int().min(0) }),
  z.strictObject({ kind: z.literal('hang') }),
  z.strictObject({ kind: z.literal('reset') }),
  z.strictObject({ kind: z.literal('resetAfterEffect') }),
  z.strictObject({ kind: z.literal('hangAfterEffect') }),
  z.strictObject({
    kind: z.literal('status'),
    status: z.int().min(200).max(599),
    headers: z.record(z.string(), z.string()).default({}),
    body: z.string().default(''),
  }),
  z.strictObject({ kind: z.literal('garbage') }),
  z.strictObject({ kind: z.literal('html') }),
  z.strictObject({ kind: z.literal('truncated') }),
  z.strictObject({ kind: z.literal('huge'), bytes: z.int().min(1) }),
  z.strictObject({ kind: z.literal('bomb'), bytes: z.int().min(1) }),
]);

/** A fault, for the requests it matches: `path` is a regular expression over path and query. */
const faultSchema = z.strictObject({
  method: z.string().optional(),
  path: z.string().refine(isExpression, 'must be a regular expression').default(''),
  /** How often; for ever when left out. */
  times: z.int().min(1).optional(),
  fault: kinds,
});

function isExpression(text: string): boolean {
  try {
    new RegExp(text);
    return true;
  } catch {
    return false;
  }
}

/** A fault as it is asked for over HTTP: JSON. */
export const faultText = z
  .string()
  .transform((text, context): unknown => {
    try {
      return JSON.parse(text);
    } catch {
      context.addIssue({ code: 'custom', message: 'must be JSON' });
      return z.NEVER;
    }
  })
  .pipe(faultSchema);

/** A fault as it is asked for. */
export type FaultRequest = z.input<typeof faultSchema>;
type ArmedFault = z.output<typeof faultSchema> & { left: number };

/** What a sandbox does wrong on demand. */
export class Faults {
  #armed: ArmedFault[] = [];

  add(fault: FaultRequest): void {
    const parsed = faultSchema.parse(fault);
    this.#armed.push({ ...parsed, left: parsed.times ?? Number.POSITIVE_INFINITY });
  }

  clear(): void {
    this.#armed = [];
  }

  list(): readonly object[] {
    return this.#armed.map(({ method, path, fault, left }) => ({
      method: method ?? null,
      path,
      fault,
      left: Number.isFinite(left) ? left : null,
    }));
  }

  /** The fault for this request, used up once. */
  take(method: string, url: string): ArmedFault['fault'] | null {
    const found = this.#armed.find(
      (each) => (each.method ?? method) === method && new RegExp(each.path).test(url),
    );
    if (found === undefined) return null;
    found.left -= 1;
    if (found.left <= 0) this.#armed = this.#armed.filter((each) => each !== found);
    return found.fault;
  }
}

/** A fault that happens instead of an answer, or after it was made. */
export type Fault = ArmedFault['fault'];

/** Whether nothing is answered, not even in parts. */
export function isSilent({ kind }: Fault): boolean {
  return kind === 'hang' || kind === 'reset';
}

/** Whether the answer is made before the fault keeps it from the caller. */
export function isAfterEffect({ kind }: Fault): boolean {
  return kind === 'resetAfterEffect' || kind === 'hangAfterEffect' || kind === 'truncated';
}

/** Plays what goes wrong before the handler; true when there is nothing left for the handler to do. */
export async function playBefore(fault: Fault, reply: FastifyReply): Promise<boolean> {
  switch (fault.kind) {
    case 'latency':
      await new Promise((done) => setTimeout(done, fault.ms));
      return false;
    case 'resetAfterEffect':
    case 'hangAfterEffect':
    case 'truncated':
      return false;
    case 'hang':
      reply.hijack();
      return true;
    case 'reset':
      reply.hijack();
      reply.raw.destroy();
      return true;
    case 'status':
      await reply.code(fault.status).headers(fault.headers).send(fault.body);
      return true;
    case 'garbage':
      await reply.header('content-type', 'application/json').send('{"value": [{"Id": 1,, ]');
      return true;
    case 'html':
      await reply
        .header('content-type', 'text/html; charset=utf-8')
        .send('<!doctype html><title>Sign in</title><p>Please sign in to continue.</p>');
      return true;
    case 'huge':
      await reply
        .header('content-type', 'application/json')
        .send(
          Buffer.concat([Buffer.from('["'), Buffer.alloc(fault.bytes, 'a'), Buffer.from('"]')]),
        );
      return true;
    case 'bomb':
      await reply
        .headers({ 'content-type': 'application/json', 'content-encoding': 'gzip' })
        .send(gzipSync(Buffer.alloc(fault.bytes, ' ')));
      return true;
  }
}

/** Plays what goes wrong after the effect: the answer is made, and the caller never gets it whole. */
export function playAfter(
  fault: Fault,
  request: FastifyRequest,
  reply: FastifyReply,
  payload: unknown,
): void {
  reply.hijack();
  // The connection stays open, and nothing ever comes.
  if (fault.kind === 'hangAfterEffect') return;
  if (fault.kind === 'truncated') {
    const body = Buffer.from(
      typeof payload === 'string' || Buffer.isBuffer(payload) ? payload : '{}',
    );
    reply.raw.writeHead(reply.statusCode, {
      'content-type': String(reply.getHeader('content-type') ?? 'application/json'),
      'content-length': body.length,
    });
    reply.raw.write(body.subarray(0, Math.floor(body.length / 2)), () =>
      request.raw.socket.destroy(),
    );
  } else {
    request.raw.socket.destroy();
  }
}
