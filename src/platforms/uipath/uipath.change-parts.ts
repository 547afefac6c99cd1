import type { AdapterParts } from '../../domain/adapter.ts';
import type { ChangeTerms, VersionRequest } from '../../domain/change.ts';
import { type Recipe, SteppedChange } from '../stepped-change.ts';
import { Activation, Lifecycle } from './uipath.activation.ts';
import type { UipathChangesClient } from './uipath.changes-client.ts';
import { Deletion } from './uipath.deletion.ts';
import { Deploying } from './uipath.deploying.ts';
import type { UipathPackages } from './uipath.packages.ts';
import type { UipathPlaces } from './uipath.places.ts';
import type { UipathReleases } from './uipath.releases.ts';

/** The vendor promises no time in which what was changed is in every list. In ms. */
const showsWithinMs = 15_000;

/** What changes read of packages and releases. */
export interface PartReads {
  readonly places: UipathPlaces;
  readonly packages: UipathPackages;
  /** Null without a folder. */
  readonly releases: UipathReleases | null;
}

type ChangeParts = Pick<AdapterParts, 'versionDeletion' | 'deletion'> &
  Partial<Pick<AdapterParts, 'activation' | 'lifecycle' | 'deploying'>>;

/** Everything that changes packages and releases; without a folder there are no releases to be changed. */
export function changeParts(client: UipathChangesClient, reads: PartReads): ChangeParts {
  const { timeoutMs, name } = client;
  // Each request sets what is to be, and the one that does not, the rollback, first looks at where it would go from.
  const made = <Q extends ChangeTerms, S>(recipe: Recipe<Q, S>): SteppedChange<Q, S> =>
    new SteppedChange(recipe, { timeoutMs, repeatable: true, showsWithinMs });
  const { releases, packages, places } = reads;
  const deletion = { name, client, packages, releases, places };
  const always = {
    versionDeletion: made(
      new Deletion<VersionRequest>(deletion, (standing, { version }) => [
        standing.version(version),
      ]),
    ),
    // The oldest first: where it stops half-way, the newest still stand.
    deletion: made(
      new Deletion<ChangeTerms>(deletion, (standing) => standing.versions.toReversed()),
    ),
  };
  if (releases === null) return always;
  const own = { name, packages, releases, places };
  return {
    ...always,
    activation: made(new Activation(client, own)),
    lifecycle: Object.assign(made(new Lifecycle(client, own)), { fields: ['enabled'] as const }),
    deploying: Object.assign(made(new Deploying(client, own)), {
      fields: ['version', 'name', 'description', 'settings'] as const,
    }),
  };
}
