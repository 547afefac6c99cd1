import { createHash, randomUUID } from 'node:crypto';
import type { Redis } from 'ioredis';
import { ConflictError, IdempotencyKeyReusedError, InvalidRequestError } from '../domain/errors.ts';
import { Durability } from './durability.ts';

const keepMs = 7 * 24 * 3_600_000;
/** A request that has stored nothing by then has died; the next one with the key takes its place. */
const inFlightMs = 15_000;

/** The claim of a key: what the first request with it makes is what every later one gets. */
export interface Claim {
  /** Of the record that it makes, or has made. */
  readonly id: string;
  /** Whether another request has claimed it before, and its record is there. */
  readonly isReplay: boolean;
  /** Of the request that holds the claim: one that was taken over has nothing to give back. */
  readonly token: string;
  /** What stood there before it was taken over; null where nothing did. */
  readonly before: string | null;
  /** The HTTP status that the first request was answered with; null until that is known. */
  readonly status: number | null;
}

/**
 * How far the request that holds a claim has come. `claimed`: it has done nothing yet that cannot be done again; `begun`:
 * it may have; `done`, `unknown`: it was told so.
 */
export type ClaimState = 'claimed' | 'begun' | 'done' | 'unknown';

interface Stored {
  readonly fingerprint: string;
  readonly id: string;
  readonly claimedAt: number;
  /** Of the request that holds the claim. */
  readonly token: string;
  readonly state: ClaimState;
  readonly status?: number;
}

/** Keys: claim. Arguments: claim as JSON, ms to keep it. Gives what stands there now. */
const claimScript = `
  local stands = redis.call('GET', KEYS[1])
  if stands then return stands end
  redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
  return ARGV[1]`;

/** Keys: claim. Arguments: what must stand there, what stands there then or '', ms to keep it. */
const replaceScript = `
  if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
  if ARGV[2] == '' then redis.call('DEL', KEYS[1]) else redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3]) end
  return 1`;

/** A key of `Idempotency-Key`: 1 to 255 visible characters, bare or as a quoted string; null without one. */
export function idempotencyKeyOf(header: string | string[] | undefined): string | null {
  if (header === undefined) return null;
  const text = (Array.isArray(header) ? header.join(',') : header).trim();
  const quoted = /^"((?:[^"\\]|\\.)*)"$/.exec(text)?.[1];
  const key = quoted === undefined ? text : quoted.replace(/\\(.)/g, '$1');
  if (/^[\x20-\x7e]{1,255}$/.test(key) && key.trim() !== '') return key;
  throw new InvalidRequestError('Idempotency-Key takes 1 to 255 visible ASCII characters.', {
    outcome: 'not_sent',
    errors: [{ at: 'Idempotency-Key', message: 'must be 1 to 255 visible ASCII characters' }],
  });
}

/** Equal for equal requests: a path however it is percent-encoded, JSON whatever the order of its members. */
export function fingerprintOf(method: string, path: string, body: unknown): string {
  return createHash('sha256')
    .update(`${method} ${path.split('/').map(canonicalSegment).join('/')}\n${canonicalJson(body)}`)
    .digest('base64url');
}

function canonicalSegment(segment: string): string {
  return encodeURIComponent(decodeURIComponent(segment));
}

function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (value === undefined) return 'null';
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${members.map(([name, each]) => `${JSON.stringify(name)}:${canonicalJson(each)}`).join(',')}}`;
}

/** Who has used which key for which request, for seven days. */
export class IdempotencyKeys {
  readonly #redis: Redis;
  readonly #durability: Durability;
  readonly #prefix: string;

  constructor(redis: Redis, prefix: string, minReplicas = 0) {
    this.#redis = redis;
    this.#durability = new Durability(redis, { prefix, minReplicas });
    this.#prefix = prefix;
  }

  /**
   * Claims a key for a request that will make the record `id`. Whether an earlier one has made it is asked of `exists`.
   * A request that has died before that is taken over, and can do nothing any more should it come back to life.
   * @throws IdempotencyKeyReusedError when the key belongs to another request
   * @throws ConflictError while an equal request is still on its way, and when nobody knows what became of it
   */
  async claim(
    caller: string,
    key: string,
    fingerprint: string,
    id: string,
    exists: (id: string, state: ClaimState) => Promise<boolean>,
  ): Promise<Claim> {
    const name = this.#name(caller, key);
    const token = randomUUID();
    const claimed: Stored = { fingerprint, id, claimedAt: Date.now(), token, state: 'claimed' };
    const own = JSON.stringify(claimed);
    const stands = (await this.#redis.eval(claimScript, 1, name, own, keepMs)) as string;
    if (stands === own) return { id, isReplay: false, token, before: null, status: null };
    const first = JSON.parse(stands) as Stored;
    if (first.fingerprint !== fingerprint) throw reused();
    if (await exists(first.id, first.state)) return replayOf(first);
    if (first.state === 'unknown') throw inDoubt();
    if (Math.abs(Date.now() - first.claimedAt) < inFlightMs) throw inFlight();
    if (first.state === 'begun') throw inDoubt();
    // Its request has died before it stored anything; the record keeps the id, so that there never are two.
    const mine = JSON.stringify({ ...first, claimedAt: Date.now(), token } satisfies Stored);
    const replaced = await this.#redis.eval(replaceScript, 1, name, stands, mine, keepMs);
    if (replaced !== 1) throw inFlight();
    return { id: first.id, isReplay: false, token, before: stands, status: null };
  }

  /**
   * What an earlier request with the key has made; null when it has made nothing yet, or there was none.
   * @throws IdempotencyKeyReusedError when the key belongs to another request
   */
  async made(
    caller: string,
    key: string,
    fingerprint: string,
    exists: (id: string, state: ClaimState) => Promise<boolean>,
  ): Promise<Claim | null> {
    const stands = await this.#redis.get(this.#name(caller, key));
    if (stands === null) return null;
    const first = JSON.parse(stands) as Stored;
    if (first.fingerprint !== fingerprint) throw reused();
    return (await exists(first.id, first.state)) ? replayOf(first) : null;
  }

  /** Writes down with which HTTP status the request that made the record was answered: later ones get the same. */
  async answered(
    caller: string,
    key: string,
    { id }: Pick<Claim, 'id'>,
    status: number,
  ): Promise<void> {
    const name = this.#name(caller, key);
    const stands = await this.#redis.get(name);
    const held = stands === null ? null : (JSON.parse(stands) as Stored);
    if (stands === null || held?.id !== id || held.status !== undefined) return;
    const told = JSON.stringify({ ...held, status } satisfies Stored);
    await this.#redis.eval(replaceScript, 1, name, stands, told, keepMs);
  }

  /**
   * To be called right before what cannot be done twice.
   * @throws ConflictError when another request has taken the claim over
   * @throws StoreUnavailableError when Redis might forget that it was called
   */
  async begin(caller: string, key: string, claim: Claim): Promise<void> {
    if (!(await this.#move(caller, key, claim, 'begun'))) throw inFlight();
    await this.#durability.wait();
  }

  /** Writes down how the request has ended; what was taken over stays as it is. */
  async settle(
    caller: string,
    key: string,
    claim: Claim,
    end: Extract<ClaimState, 'done' | 'unknown'>,
  ): Promise<void> {
    await this.#move(caller, key, claim, end);
  }

  /**
   * Gives a key back whose request was refused before anything was stored: to the request that it was taken over from,
   * which may be alive all the same, so that whatever it makes yet keeps the id that the next one gets.
   */
  async release(caller: string, key: string, { token, before }: Claim): Promise<void> {
    const name = this.#name(caller, key);
    const stands = await this.#redis.get(name);
    if (stands === null || (JSON.parse(stands) as Stored).token !== token) return;
    await this.#redis.eval(replaceScript, 1, name, stands, before ?? '', keepMs);
  }

  async #move(caller: string, key: string, { token }: Claim, state: ClaimState): Promise<boolean> {
    const name = this.#name(caller, key);
    const stands = await this.#redis.get(name);
    const held = stands === null ? null : (JSON.parse(stands) as Stored);
    if (stands === null || held?.token !== token) return false;
    const moved = JSON.stringify({ ...held, claimedAt: Date.now(), state } satisfies Stored);
    return (await this.#redis.eval(replaceScript, 1, name, stands, moved, keepMs)) === 1;
  }

  #name(caller: string, key: string): string {
    const digest = createHash('sha256').update(`${caller}\n${key}`).digest('base64url');
    return `${this.#prefix}:idempotency:${digest}`;
  }
}

function replayOf({ id, token, status }: Stored): Claim {
  return { id, isReplay: true, token, before: null, status: status ?? null };
}

function inFlight(): ConflictError {
  return new ConflictError(
    'An equal request with this Idempotency-Key is still on its way: try again in a moment.',
    { outcome: 'not_sent', retryable: true, retryAfterMs: 1_000 },
  );
}

function inDoubt(): ConflictError {
  return new ConflictError(
    'An earlier request with this Idempotency-Key may have done this, and nobody knows: look at how it stands, and use a new key to do it again.',
    { outcome: 'unknown', retryable: false },
  );
}

function reused(): IdempotencyKeyReusedError {
  return new IdempotencyKeyReusedError(
    'This Idempotency-Key was used for another request; a new request takes a new key.',
    {
      outcome: 'not_sent',
      errors: [{ at: 'Idempotency-Key', message: 'belongs to another request' }],
    },
  );
}
