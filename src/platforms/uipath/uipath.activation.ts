import type { ActivationRequest, UpdateRequest } from '../../domain/change.ts';
import {
  ConflictError,
  InvalidRequestError,
  PreconditionFailedError,
} from '../../domain/errors.ts';
import type { VersionRecord } from '../../domain/version.ts';
import type { Recipe, Steps } from '../stepped-change.ts';
import { type ReleaseOrder, sameVersion, whichOf } from './uipath.release-orders.ts';
import { ReleaseSteps } from './uipath.release-steps.ts';
import { creationOf, refuseTaken } from './uipath.release-creation.ts';
import { type ReleaseReads, type Standing, standingOf } from './uipath.standing.ts';
import type { ReleaseWire } from './uipath.wire.ts';

type ReleasePlan = Steps<ReleaseOrder>;

/** Makes a version the one that the folder's release runs, or deletes what runs it. */
export class Activation extends ReleaseSteps implements Recipe<ActivationRequest, ReleaseOrder> {
  async plan(request: ActivationRequest, signal: AbortSignal): Promise<ReleasePlan> {
    const standing = await standingOf(this.reads, request.key, signal);
    const version = standing.version(request.version);
    if (request.active) return running(standing, version, this.reads, signal);
    const own = standing.releases.filter((each) =>
      sameVersion(each.ProcessVersion, version.version),
    );
    if (own.length > 0) return removal(standing, own, request.confirm);
    if (version.active === true) throw activeElsewhere(standing, version);
    return { items: [standing.versionItem(version, 'unchanged')], steps: [] };
  }
}

/** Switches a process on, with its latest version, or off, by deleting the folder's releases of it. */
export class Lifecycle extends ReleaseSteps implements Recipe<UpdateRequest, ReleaseOrder> {
  async plan(request: UpdateRequest, signal: AbortSignal): Promise<ReleasePlan> {
    const { key, patch, ifMatch, confirm } = request;
    const standing = await standingOf(this.reads, key, signal);
    const latest = standing.version('latest');
    const { details, releases } = standing;
    if (patch.enabled === undefined) {
      const errors = [{ at: 'enabled', message: 'must be said: nothing else can be changed here' }];
      throw new InvalidRequestError('Nothing is to be changed.', { ...details, errors });
    }
    if (ifMatch !== null && ifMatch !== '*' && !sameVersion(ifMatch, latest.version)) {
      throw new PreconditionFailedError(
        `The latest version of ${standing.id} is ${latest.version} and not ${ifMatch}.`,
        details,
      );
    }
    if (patch.enabled) return running(standing, latest, this.reads, signal);
    if (releases.length > 0) return removal(standing, releases, confirm);
    return { items: [standing.versionItem(latest, 'unchanged')], steps: [] };
  }
}

/** Moves the release that stands, or makes one that is called as the package. @throws ConflictError where several stand */
async function running(
  standing: Standing,
  { version }: VersionRecord,
  reads: ReleaseReads,
  signal: AbortSignal,
): Promise<ReleasePlan> {
  const { id, releases } = standing;
  const [only, ...more] = releases;
  if (only === undefined) {
    refuseTaken(standing, id, await reads.releases.called(id, signal));
    return creationOf(standing, { name: id, version, body: {} });
  }
  if (releases.every((each) => sameVersion(each.ProcessVersion, version)))
    return {
      items: releases.map((each) => standing.releaseItem(each, version, 'unchanged')),
      steps: [],
    };
  if (more.length > 0) throw several(standing, version);
  const order = { kind: 'move', ...whichOf(only), from: only.ProcessVersion, to: version } as const;
  return {
    items: [standing.releaseItem(only, version, 'deployed')],
    steps: [{ item: 0, order }],
  };
}

function removal(
  standing: Standing,
  releases: readonly ReleaseWire[],
  confirm: string | null,
): ReleasePlan {
  standing.confirmUndeploy(releases, confirm);
  return {
    items: releases.map((each) => standing.releaseItem(each, each.ProcessVersion, 'undeployed')),
    steps: releases.map((each, item) => ({ item, order: { kind: 'remove', ...whichOf(each) } })),
  };
}

function several(standing: Standing, version: string): ConflictError {
  const { text, rows } = standing.listed(standing.releases);
  return new ConflictError(
    `${standing.id} has several deployments: ${text}. Change the one that is to run version ${version} by itself.`,
    { ...standing.details, members: { deployments: rows } },
  );
}

function activeElsewhere(standing: Standing, { version }: VersionRecord): ConflictError {
  return new ConflictError(
    `Version ${version} of ${standing.id} runs in a folder that this connection does not see; in its own there is nothing to undeploy.`,
    standing.details,
  );
}
