import type { PlatformExamples } from '../platform.ts';

/** What the API document shows of UiPath Orchestrator. */
export const uipathExamples: PlatformExamples = {
  key: 'SmokeTest',
  answersEveryRoute: true,
};
