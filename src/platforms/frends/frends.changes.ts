import type { AdapterParts } from '../../domain/adapter.ts';
import type { DeployingPart, LifecyclePart } from '../../domain/change.ts';
import { SteppedChange } from '../stepped-change.ts';
import type { FrendsChangesClient } from './frends.changes-client.ts';
import type { FrendsClient } from './frends.client.ts';
import type { FrendsConfig } from './frends.config.ts';
import { FrendsDeletion } from './frends.deletion.ts';
import { FrendsDeployTerms } from './frends.deploy-terms.ts';
import { FrendsDeploying } from './frends.deploying.ts';
import { FrendsImport } from './frends.import.ts';
import { FrendsLabels } from './frends.labels.ts';
import type { FrendsRelease } from './frends.release.ts';
import { FrendsStandings } from './frends.standing.ts';

/** For what reaches agents, in ms at least: nobody documents how long that takes. */
const agentsTimeoutMs = 60_000;
/** Nobody documents how late the platform shows what it has done, either. In ms. */
const showsWithinMs = 30_000;

const lifecycleFields: LifecyclePart['fields'] = ['labels'];
const deployingFields: DeployingPart['fields'] = ['version', 'triggersActive'];

/** What the changes of a connection work with. */
export interface ChangeTools {
  readonly client: FrendsClient;
  readonly changes: FrendsChangesClient;
  readonly release: FrendsRelease;
}

/** Everything that a connection can change of what is defined. */
export function changePartsOf(
  tools: ChangeTools,
  config: FrendsConfig,
): Pick<AdapterParts, 'deletion' | 'deploying' | 'import' | 'lifecycle'> {
  const { client, changes } = tools;
  const standings = new FrendsStandings(client, config);
  const terms = new FrendsDeployTerms(client, standings, config.concurrency);
  const own = { repeatable: true, showsWithinMs, timeoutMs: config.timeout };
  const slow = { ...own, timeoutMs: Math.max(config.timeout, agentsTimeoutMs) };
  const deletion = new FrendsDeletion(client, changes, standings, slow.timeoutMs);
  const deploying = new FrendsDeploying({ client, changes, standings, terms }, slow.timeoutMs);
  const labels = new FrendsLabels({ ...tools, standings }, own.timeoutMs);
  return {
    deletion: new SteppedChange(deletion, slow),
    deploying: Object.assign(new SteppedChange(deploying, slow), { fields: deployingFields }),
    import: new FrendsImport(client, changes, config, showsWithinMs),
    lifecycle: Object.assign(new SteppedChange(labels, own), { fields: lifecycleFields }),
  };
}
