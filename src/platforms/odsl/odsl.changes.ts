import type { AdapterParts } from '../../domain/adapter.ts';
import type { ChangeTerms } from '../../domain/change.ts';
import { type Recipe, SteppedChange } from '../stepped-change.ts';
import type { OdslChangesClient } from './odsl.changes-client.ts';
import type { OdslClient } from './odsl.client.ts';
import type { OdslConfig } from './odsl.config.ts';
import { deletingOf } from './odsl.deletion.ts';
import { patchedFields, patchingOf } from './odsl.patch.ts';
import { puttingOf } from './odsl.put.ts';
import { OdslRefusals } from './odsl.refusals.ts';
import { rollingBackOf } from './odsl.rollback.ts';
import { taggingOf } from './odsl.tagging.ts';
import { versionDeletingOf } from './odsl.version-deletion.ts';

type ChangeParts = Pick<
  AdapterParts,
  'configuration' | 'lifecycle' | 'deletion' | 'versionDeletion' | 'tags' | 'rollback'
>;

/** A definition shows as soon as it is saved, for all that the pages say; this is room for replicas of its store, in ms. */
const showsWithinMs = 5_000;

/** Everything that changes definitions. */
export function changesOf(
  reads: OdslClient,
  writes: OdslChangesClient,
  config: OdslConfig,
): ChangeParts {
  const tools = { reads, writes, refusals: new OdslRefusals(config) };
  const change = <Q extends ChangeTerms, S>(
    recipe: Recipe<Q, S>,
    repeatable = true,
  ): SteppedChange<Q, S> =>
    new SteppedChange(recipe, { timeoutMs: config.timeout, repeatable, showsWithinMs });
  return {
    configuration: change(puttingOf(tools)),
    lifecycle: Object.assign(change(patchingOf(tools)), { fields: patchedFields }),
    deletion: change(deletingOf(tools)),
    versionDeletion: change(versionDeletingOf(tools)),
    tags: change(taggingOf(tools)),
    rollback: change(rollingBackOf(tools), false),
  };
}
