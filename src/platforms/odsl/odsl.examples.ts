import type { PlatformExamples } from '../platform.ts';

/** What the API document shows of OpenDataDSL. */
export const odslExamples: PlatformExamples = {
  key: 'SMOKE_TEST',
  configuration: { script: 'SmokeTest' },
  fileName: 'SMOKE_TEST.1.json',
};
