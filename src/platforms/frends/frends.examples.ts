import type { PlatformExamples } from '../platform.ts';

/** What the API document shows of Frends. */
export const frendsExamples: PlatformExamples = {
  key: '0ae07da6-e1de-4585-aaa4-7361e0602e2a',
  deployment: {
    id: '501',
    nativeIds: { deploymentId: '501', processId: '1047' },
    version: '1',
  },
};
