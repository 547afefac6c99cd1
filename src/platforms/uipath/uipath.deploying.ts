import type {
  DeploymentRequest,
  DeployRequest,
  RedeployRequest,
  UndeployRequest,
} from '../../domain/change.ts';
import { type FieldError, InvalidRequestError, NotFoundError } from '../../domain/errors.ts';
import type { Recipe, Steps } from '../stepped-change.ts';
import type { UipathChangesClient } from './uipath.changes-client.ts';
import type { UipathPlaces } from './uipath.places.ts';
import { redeployment } from './uipath.redeploying.ts';
import { creationOf, refuseTaken } from './uipath.release-creation.ts';
import { type ReleaseOrder, whichOf } from './uipath.release-orders.ts';
import { ReleaseSteps } from './uipath.release-steps.ts';
import { readSettings, said } from './uipath.settings.ts';
import { type ReleaseReads, type Standing, standingOf, unsent } from './uipath.standing.ts';
import type { ReleaseWire } from './uipath.wire.ts';

type ReleasePlan = Steps<ReleaseOrder>;

/** What changes of deployments need to read. */
export interface DeployingReads extends ReleaseReads {
  readonly places: UipathPlaces;
}

/** Makes, changes and deletes releases in the connection's folder. */
export class Deploying extends ReleaseSteps implements Recipe<DeploymentRequest, ReleaseOrder> {
  readonly #places: UipathPlaces;

  constructor(client: UipathChangesClient, reads: DeployingReads) {
    super(client, reads);
    this.#places = reads.places;
  }

  async plan(request: DeploymentRequest, signal: AbortSignal): Promise<ReleasePlan> {
    switch (request.op) {
      case 'deploy':
        return this.#deploy(request, signal);
      case 'redeploy':
        return this.#redeploy(request, signal);
      case 'undeploy':
        return this.#undeploy(request, signal);
    }
  }

  async #deploy(request: DeployRequest, signal: AbortSignal): Promise<ReleasePlan> {
    const { body, errors } = readSettings(request.settings);
    this.#refuse([...errors, ...problemsOf(request)]);
    const standing = await standingOf(this.reads, request.key, signal);
    await this.#refuseOtherFolder(request.targets, signal);
    const { version } = standing.version(request.version);
    const name = request.name ?? standing.id;
    refuseTaken(standing, name, await this.reads.releases.called(name, signal));
    const more = said({ Description: request.description });
    return creationOf(standing, { name, version, body: { ...more, ...body } });
  }

  async #redeploy(request: RedeployRequest, signal: AbortSignal): Promise<ReleasePlan> {
    const { key, deployment, patch } = request;
    const { body, errors } = readSettings(patch.settings);
    this.#refuse([...errors, ...namingProblems(patch.name ?? null)]);
    const standing = await standingOf(this.reads, key, signal);
    const release = releaseOf(standing, deployment);
    if (patch.name !== undefined) {
      const called = await this.reads.releases.called(patch.name, signal);
      refuseTaken(standing, patch.name, called, release.Id);
    }
    // An empty text takes a description away; builds differ in what they make of null.
    const description = patch.description === undefined ? null : (patch.description ?? '');
    const members = said({ Name: patch.name, Description: description });
    const isBack = patch.version === 'previous';
    const history = isBack
      ? await this.reads.releases.withHistory(String(release.Id), signal)
      : null;
    const version = isBack ? null : (patch.version ?? null);
    return redeployment(standing, {
      release,
      history,
      isBack,
      version: version === null ? null : standing.version(version).version,
      members: { ...members, ...body },
    });
  }

  async #undeploy({ key, deployment }: UndeployRequest, signal: AbortSignal): Promise<ReleasePlan> {
    const standing = await standingOf(this.reads, key, signal);
    const release = releaseOf(standing, deployment);
    return {
      items: [standing.releaseItem(release, release.ProcessVersion, 'undeployed')],
      steps: [{ item: 0, order: { kind: 'remove', ...whichOf(release) } }],
    };
  }

  /** Releases are made in the connection's own folder, whichever others it may see. */
  async #refuseOtherFolder(targets: readonly string[], signal: AbortSignal): Promise<void> {
    if (targets.length === 0) return;
    const [own] = await this.#places.targets(signal);
    if (targets.every((target) => target === own?.id)) return;
    const message = `must be ${own?.id ?? ''} (${own?.name ?? ''}), this connection's folder, or be left out; each other folder takes a connection of its own`;
    this.#refuse([{ at: targets.length === 1 ? 'target' : 'targets', message }]);
  }

  #refuse(errors: readonly FieldError[]): void {
    if (errors.length === 0) return;
    const details = { ...unsent(this.reads.name), errors };
    throw new InvalidRequestError('The deployment cannot be made so.', details);
  }
}

function problemsOf({ name, activateTriggers, variables }: DeployRequest): FieldError[] {
  const errors = namingProblems(name);
  if (activateTriggers === true)
    errors.push({
      at: 'activateTriggers',
      message: 'must be left out: a deployment here has no triggers of its own',
    });
  if (variables !== null)
    errors.push({
      at: 'variables',
      message: 'must be left out: values go into settings.inputArguments',
    });
  return errors;
}

function namingProblems(name: string | null): FieldError[] {
  return name?.trim() === '' ? [{ at: 'name', message: 'must not be empty' }] : [];
}

/** By its number or key. @throws NotFoundError */
function releaseOf(standing: Standing, named: string): ReleaseWire {
  const { id, releases, details } = standing;
  const found = releases.find(
    ({ Id, Key }) => String(Id) === named || Key.toLowerCase() === named.toLowerCase(),
  );
  if (found !== undefined) return found;
  const { text } = standing.listed(releases);
  const stands = text === '' ? 'none stands' : `there is ${text}`;
  throw new NotFoundError(`${id} has no deployment ${named}; ${stands}.`, details);
}
