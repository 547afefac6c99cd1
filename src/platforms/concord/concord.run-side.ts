import type { AdapterParts } from '../../domain/adapter.ts';
import { ConcordAdmission } from './concord.admission.ts';
import { ConcordArchiveRuns } from './concord.archive-runs.ts';
import { ConcordAttachments } from './concord.attachments.ts';
import type { ConcordClient } from './concord.client.ts';
import type { ConcordConfig } from './concord.config.ts';
import { ConcordControl } from './concord.control.ts';
import { ConcordLog } from './concord.log.ts';
import type { ConcordRunClient } from './concord.run-client.ts';
import { ConcordRuns } from './concord.runs.ts';
import { ConcordScope } from './concord.scope.ts';
import { ConcordStarts } from './concord.starts.ts';
import { WaitingForms } from './concord.waiting-forms.ts';

type RunParts = Pick<
  AdapterParts,
  'runs' | 'starts' | 'archiveRuns' | 'log' | 'attachments' | 'cancel' | 'restart' | 'resume'
>;

/** Everything that a connection can do with runs. */
export function runPartsOf(
  definitions: ConcordClient,
  runs: ConcordRunClient,
  config: ConcordConfig,
): RunParts {
  const scope = new ConcordScope(runs, config.organizations);
  const admission = new ConcordAdmission(definitions, scope);
  const control = new ConcordControl(runs, scope);
  return {
    runs: new ConcordRuns(runs, scope, new WaitingForms(runs, config.baseUrl), config.concurrency),
    starts: new ConcordStarts(runs, admission, config),
    archiveRuns: new ConcordArchiveRuns(runs, admission, config.timeout),
    log: new ConcordLog(runs, scope),
    attachments: new ConcordAttachments(runs, scope),
    cancel: control,
    restart: control,
    resume: control,
  };
}
