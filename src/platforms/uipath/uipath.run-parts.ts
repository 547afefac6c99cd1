import type { AdapterParts } from '../../domain/adapter.ts';
import { UipathAttachments } from './uipath.attachments.ts';
import { UipathCancel } from './uipath.cancel.ts';
import type { UipathFiles } from './uipath.files.ts';
import { UipathLog } from './uipath.log.ts';
import { UipathOutputs } from './uipath.outputs.ts';
import type { UipathRunsClient } from './uipath.runs-client.ts';
import { UipathRuns } from './uipath.runs.ts';
import { type StartPlaces, UipathStarts } from './uipath.starts.ts';

/** The clients of what runs in a folder. */
export interface RunClients {
  readonly jobs: UipathRunsClient;
  readonly files: UipathFiles;
}

/** Everything about runs; a connection without a folder has none of it, because every call names one. */
export function runParts(
  { jobs: client, files }: RunClients,
  places: StartPlaces,
): Pick<AdapterParts, 'runs' | 'starts' | 'log' | 'attachments' | 'cancel'> {
  const runs = new UipathRuns(client, new UipathOutputs(files));
  return {
    runs,
    starts: new UipathStarts({ client, runs, files, places }),
    log: new UipathLog(client, runs),
    attachments: new UipathAttachments(files, runs),
    cancel: new UipathCancel(client, runs),
  };
}
