import type { AdapterParts } from '../../domain/adapter.ts';
import type { LifecyclePart } from '../../domain/change.ts';
import { SteppedChange } from '../stepped-change.ts';
import type { ConcordChangesClient } from './concord.changes-client.ts';
import type { ConcordClient } from './concord.client.ts';
import type { ConcordConfig } from './concord.config.ts';
import { ConcordEnabling } from './concord.enabling.ts';
import { ConcordRefreshing } from './concord.refreshing.ts';
import { ConcordRepositories } from './concord.repositories.ts';
import { showsWithinMs } from './concord.trace.ts';

/** For what makes the server read a repository from Git before it answers, in ms at least. */
const gitTimeoutMs = 2 * 60_000;

const lifecycleFields: LifecyclePart['fields'] = ['enabled'];

/** Everything that a connection can change of what is defined. */
export function changePartsOf(
  client: ConcordClient,
  changes: ConcordChangesClient,
  config: ConcordConfig,
): Pick<AdapterParts, 'lifecycle' | 'repositoryRefresh'> {
  const repositories = new ConcordRepositories(client, config);
  const timeoutMs = Math.max(config.timeout, gitTimeoutMs);
  const tools = { client, changes, repositories, timeoutMs };
  const options = { timeoutMs, showsWithinMs, repeatable: true };
  return {
    lifecycle: Object.assign(new SteppedChange(new ConcordEnabling(tools), options), {
      fields: lifecycleFields,
    }),
    repositoryRefresh: new SteppedChange(new ConcordRefreshing(tools), options),
  };
}
