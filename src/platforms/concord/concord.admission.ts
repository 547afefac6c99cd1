import {
  CapabilityNotSupportedError,
  ConflictError,
  type ErrorDetails,
  InvalidRequestError,
  NotFoundError,
  UpstreamRejectedError,
} from '../../domain/errors.ts';
import type { ConcordClient } from './concord.client.ts';
import { type FlowPlace, placeOf } from './concord.key.ts';
import {
  firstWithDryRun,
  firstWithoutPaths,
  isBefore,
  type Release,
  releaseOf,
} from './concord.release.ts';
import type { ConcordScope } from './concord.scope.ts';
import type { ProjectWire } from './concord.wire.ts';

/** What a start is to run, as it stands now. */
export interface Admitted {
  readonly place: FlowPlace;
  readonly project: ProjectWire;
}

/** What has to be so before anything is started. Concord itself finds out about much of it only in the log of the run. */
export class ConcordAdmission {
  readonly #client: ConcordClient;
  readonly #scope: ConcordScope;

  constructor(client: ConcordClient, scope: ConcordScope) {
    this.#client = client;
    this.#scope = scope;
  }

  /** A flow that the last refresh did not find is let through: it may stand on another branch. */
  async admit(key: string, signal: AbortSignal): Promise<Admitted> {
    const place = placeOf(key);
    if (place === null || !this.#scope.ownsOrganization(place.organization)) throw this.#none(key);
    const [project, repository] = await Promise.all([
      this.#client.getProject(place, signal),
      this.#client.getRepository(place, signal),
    ]);
    if (project === null || repository === null) throw this.#none(key);
    if (repository.disabled === true)
      throw new ConflictError(
        `The repository ${repository.name} of the project ${project.name} is disabled: nothing of it starts before it is enabled.`,
        this.#details,
      );
    return { place, project };
  }

  /** Results are given back only by projects that allow it. */
  allowOut({ name, outVariablesMode }: ProjectWire): void {
    if (outVariablesMode === 'DISABLED') throw outRefused(name, this.#details);
  }

  /** Flows are brought along only to projects that allow it. */
  allowPayload({ name, rawPayloadMode }: ProjectWire): void {
    if (rawPayloadMode === 'DISABLED') throw payloadRefused(name, this.#details);
  }

  /** Older servers ignore the wish, and do what was only to be tried. */
  async allowDryRun(at: string, signal: AbortSignal): Promise<void> {
    const release = await this.#release(signal);
    if (release !== null && !isBefore(release, firstWithDryRun)) return;
    const message = 'needs Concord 2.19.0 or newer';
    throw this.invalid('This server would run it with all its effects.', at, message);
  }

  /** Newer servers answer the starts of 2017 with an error. */
  async allowPaths(signal: AbortSignal): Promise<void> {
    const release = await this.#release(signal);
    if (release === null || isBefore(release, firstWithoutPaths)) return;
    throw pathsRefused(this.#details);
  }

  invalid(what: string, at: string, message: string): InvalidRequestError {
    return new InvalidRequestError(what, { ...this.#details, errors: [{ at, message }] });
  }

  rejected(what: string): UpstreamRejectedError {
    return new UpstreamRejectedError(what, this.#details);
  }

  #none(key: string): NotFoundError {
    return new NotFoundError(`There is no flow ${key}.`, this.#details);
  }

  get #details(): ErrorDetails {
    const { connection, platform } = this.#client.name;
    return { connection, platform, outcome: 'not_sent', sent: 'no' };
  }

  async #release(signal: AbortSignal): Promise<Release | null> {
    return releaseOf((await this.#client.serverVersion(signal)).version);
  }
}

/** Says which setting of the project stands in the way. */
export function outRefused(project: string, details: ErrorDetails): UpstreamRejectedError {
  return new UpstreamRejectedError(
    `The project ${project} gives no variables back: its outVariablesMode has to allow it, or options.out has to be left out.`,
    details,
  );
}

export function payloadRefused(project: string, details: ErrorDetails): UpstreamRejectedError {
  return new UpstreamRejectedError(
    `The project ${project} takes no archives and no flows from outside: its rawPayloadMode has to allow it.`,
    details,
  );
}

export function pathsRefused(details: ErrorDetails): CapabilityNotSupportedError {
  return new CapabilityNotSupportedError(
    'Servers since 2.24.0 do not know the starts by path any more: set startStyle of the connection to form.',
    details,
  );
}
