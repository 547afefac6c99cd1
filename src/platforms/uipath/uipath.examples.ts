import type { PlatformExamples } from '../platform.ts';
import { largestInflated, mostEntries, mostInflation } from './nupkg-listing.ts';

const count = new Intl.NumberFormat('en-GB');

/** What the API document shows of UiPath Orchestrator. */
export const uipathExamples: PlatformExamples = {
  key: 'SmokeTest',
  packageNote:
    'A package from UiPath Orchestrator is cut after ten minutes, however slowly its caller takes it.',
  fileNote: `A package for UiPath Orchestrator has ${count.format(mostEntries)} entries at most, and inflates to ${mostInflation} times its size, and ${largestInflated / 1_024 ** 3} GiB, at most.`,
  answersEveryRoute: true,
  activable: { key: 'SmokeTest', version: '1.0.0' },
  build: {
    version: '25.10.4',
    build: {
      build: '25.10.4',
      apiVersions: '11.0, 12.0, 13.0, 14.0, 15.0, 16.0, 17.0, 18.0, 19.0, 20.0',
    },
  },
  settings: {
    jobPriority: 'Normal',
    specificPriority: 45,
    autoUpdate: false,
    inputArguments: null,
    entryPointPath: null,
    processType: 'Process',
  },
  run: {
    nativeId: '280bc114-0d89-469f-ad79-0ddc44dd3e3f',
    status: 'failed',
    upstreamStatus: 'Faulted',
    error: {
      code: 'BusinessException',
      message: 'UiPath.Core.BusinessRuleException: The target application refused the batch.',
    },
    native: {
      Id: 1136,
      Key: '280bc114-0d89-469f-ad79-0ddc44dd3e3f',
      State: 'Faulted',
      Info: 'The target application refused the batch.',
      ReleaseName: 'Smoke test',
      JobPriority: 'Normal',
      RuntimeType: 'Unattended',
    },
  },
};
