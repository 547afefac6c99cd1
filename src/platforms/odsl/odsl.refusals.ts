import {
  ConflictError,
  type ErrorDetails,
  type FieldError,
  GatewayError,
  InvalidRequestError,
  NotFoundError,
  PreconditionFailedError,
  RecalledError,
  UpstreamRejectedError,
  UpstreamUnavailableError,
} from '../../domain/errors.ts';
import { encodeKey, formatId } from '../../domain/ids.ts';
import type { VersionRecord } from '../../domain/version.ts';
import type { Learnt, StepState } from '../stepped-change.ts';
import type { OdslConfig } from './odsl.config.ts';
import type { Standing } from './odsl.standing.ts';

/** So many versions a refusal names. */
const mostNamed = 20;

/** Why a change is not made, in the errors of the domain. */
export class OdslRefusals {
  readonly #config: Pick<OdslConfig, 'id' | 'platform'>;

  constructor(config: Pick<OdslConfig, 'id' | 'platform'>) {
    this.#config = config;
  }

  /** The platform and the connection, as a sentence names them. */
  get who(): string {
    return `OpenDataDSL (${this.#config.id})`;
  }

  noProcess(key: string): NotFoundError {
    return new NotFoundError(`${this.who} has no process ${key}.`, this.#details({}));
  }

  noVersion({ id, versions }: Standing, word: string): NotFoundError {
    const known = knownVersions(versions);
    return new NotFoundError(
      `${this.who} has no version ${word} of ${id}${known}.`,
      this.#details({ errors: [{ at: 'version', message: 'must be a version of the process' }] }),
    );
  }

  invalid(what: string, errors: readonly FieldError[]): InvalidRequestError {
    return new InvalidRequestError(what, this.#details({ errors }));
  }

  rejected(what: string, errors: readonly FieldError[]): UpstreamRejectedError {
    return new UpstreamRejectedError(what, this.#details({ errors }));
  }

  conflict(what: string): ConflictError {
    return new ConflictError(what, this.#details({}));
  }

  /** What was to be the newest version is not. */
  otherVersion(id: string, wanted: string, newest: string | null): PreconditionFailedError {
    const found = newest === null ? `there is no ${id}` : `the newest of ${id} is ${newest}`;
    const asked = wanted === '*' ? 'any version' : `version ${wanted}`;
    return new PreconditionFailedError(
      `Nothing was changed: If-Match asks for ${asked}, and ${found} on ${this.who}. Read it again.`,
      this.#details({}),
    );
  }

  /** The same of one that was the newest when it was asked for: its request is kept back. */
  otherVersionByNow(id: string, wanted: string, newest: string | null): PreconditionFailedError {
    const found = newest === null ? `there is no ${id}` : `the newest of ${id} is ${newest}`;
    const asked = wanted === '*' ? 'any version' : `version ${wanted}`;
    const { id: connection, platform } = this.#config;
    return new PreconditionFailedError(
      `Nothing was changed: If-Match asks for ${asked}, and ${found} by now. Read it again.`,
      { connection, platform, outcome: 'rejected' },
    );
  }

  /** Whoever takes the only version away takes the process away. */
  onlyVersion({ id, wire, versions: [only] }: Standing, what: string): ConflictError {
    const stands = [
      {
        id: formatId(this.#config.id, encodeKey([id])),
        name: wire.name ?? null,
        version: only.version,
      },
    ];
    return new ConflictError(
      `${only.version} is the only version of ${id} on ${this.who}: ${what} would delete the whole process. Say ?confirm=delete to do that.`,
      this.#details({ members: { confirm: 'delete', stands } }),
    );
  }

  /** The process is not any more what the change was checked against; its request is kept back. */
  overtaken(what: string): ConflictError {
    const { id: connection, platform } = this.#config;
    return new ConflictError(`${what} Nothing was changed.`, {
      connection,
      platform,
      outcome: 'rejected',
    });
  }

  #details(details: ErrorDetails): ErrorDetails {
    const { id: connection, platform } = this.#config;
    return { connection, platform, outcome: 'not_sent', ...details };
  }
}

/** `: there are 3, 2, 1`, or nothing where there are none. */
export function knownVersions(versions: readonly VersionRecord[]): string {
  if (versions.length === 0) return '';
  const named = versions.slice(0, mostNamed).map(({ version }) => version);
  const older = versions.length - mostNamed;
  return `: there are ${named.join(', ')}${older > 0 ? ` and ${older} older ones` : ''}`;
}

/** What is read right before a request: where that fails, the request has not left. */
export async function beforeSending<T>(reading: Promise<T>): Promise<T> {
  try {
    return await reading;
  } catch (error) {
    if (!(error instanceof GatewayError)) throw error;
    const details: ErrorDetails = { ...error.details, sent: 'no', cause: error };
    throw new RecalledError(error, error.message, details);
  }
}

/** What is read after a request: what that fails with says nothing of the request, which may have been done. */
export async function afterSending<T>(reading: Promise<T>): Promise<T> {
  try {
    return await reading;
  } catch (error) {
    if (!(error instanceof GatewayError)) throw error;
    const { connection, platform } = error.details;
    throw new UpstreamUnavailableError(error.message, {
      ...(connection === undefined ? {} : { connection }),
      ...(platform === undefined ? {} : { platform }),
      sent: 'maybe',
      cause: error,
    });
  }
}

/** What a platform answers that finds a thing in another state than it was asked for. */
const misfits: readonly number[] = [400, 404, 409, 410, 412, 422];

/** A request that is refused because all stands so already is done: whether it does is read, not taken from the words. */
export async function unlessStanding(
  writing: Promise<Learnt>,
  look: () => Promise<StepState>,
): Promise<Learnt> {
  try {
    return await writing;
  } catch (error) {
    const status = error instanceof GatewayError ? (error.details.upstream?.status ?? 0) : 0;
    if (!misfits.includes(status)) throw error;
    const found = await afterSending(look());
    if (found.state === 'done') return found.learnt ?? {};
    throw error;
  }
}
