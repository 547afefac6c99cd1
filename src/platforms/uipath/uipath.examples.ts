import type { PlatformExamples } from '../platform.ts';

/** What the API document shows of UiPath Orchestrator. */
export const uipathExamples: PlatformExamples = {
  key: 'SmokeTest',
  answersEveryRoute: true,
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
};
