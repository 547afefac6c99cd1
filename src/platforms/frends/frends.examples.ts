import type { PlatformExamples } from '../platform.ts';
import { mostProcesses } from './export-scan.ts';

const count = new Intl.NumberFormat('en-GB');

/** What the API document shows of Frends. */
export const frendsExamples: PlatformExamples = {
  key: '0ae07da6-e1de-4585-aaa4-7361e0602e2a',
  packageNote:
    'An export of Frends holds the values that the variables of its processes have in the Development agent group, among which may be secrets. It is cut after five minutes, however slowly its caller takes it.',
  fileNote: `An export of Frends brings ${count.format(mostProcesses)} processes at most.`,
  deployable: {
    key: '0ae07da6-e1de-4585-aaa4-7361e0602e2a',
    version: '1',
    target: '3',
    deployment: '501',
  },
  deployment: {
    id: '501',
    nativeIds: { deploymentId: '501', processId: '1047' },
    version: '1',
    target: { id: '3', name: 'Production Cloud', kind: 'agent_group' },
    native: {
      deploymentId: 501,
      processId: 1047,
      processName: 'Smoke test',
      processGuid: '0ae07da6-e1de-4585-aaa4-7361e0602e2a',
      processVersion: '0.1.1',
      processBuildVersion: 1,
      deployedAtUtc: '2025-09-01T07:17:06.673Z',
      deployedBy: 'release@example.com',
      description: 'Release 0.1',
      triggersActive: true,
      agentGroup: { id: 3, displayName: 'Production Cloud' },
    },
  },
};
