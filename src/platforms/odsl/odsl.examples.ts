import type { PlatformExamples } from '../platform.ts';
import { fileLimits, mostConfigurations, mostFileBytes } from './odsl.import-file.ts';
import { mostMembers } from './odsl.inspection.ts';

const count = new Intl.NumberFormat('en-GB');

/** What the API document shows of OpenDataDSL. */
export const odslExamples: PlatformExamples = {
  key: 'SMOKE_TEST',
  fileNote: `A file for OpenDataDSL is of ${mostFileBytes / 1_024 ** 2} MiB at most, as it is held whole, and has ${mostConfigurations} configurations of ${mostMembers} members and ${count.format(fileLimits.values)} values at most.`,
  definition: {
    key: 'VENDOR_MASTER_SYNC',
    configuration: {
      service: 'REPORT',
      workflow: '#wf_csv_data_loader',
      enabled: true,
      input: { batchSize: 500, dryRun: false },
    },
    version: '3',
    latest: '14',
  },
  promotable: { key: 'DUNNING_LETTERS', to: 'odsl-uat' },
  configuration: { script: 'SmokeTest' },
  fileName: 'SMOKE_TEST.1.json',
  schedule: { expression: '0/15 * * * ? *', dialect: 'odsl-cron', timezone: null, active: true },
  native: {
    _id: 'SMOKE_TEST',
    _type: 'VarProcess',
    _version: 1,
    _timestamp: '2026-01-12T06:30:00.000Z',
    _user: 'ops@example.com',
    service: 'QUALITY',
    name: 'Smoke test',
    script: 'SmokeTest',
    enabled: true,
    tags: ['smoke', 'platform'],
  },
  versionNative: {
    id: 'SMOKE_TEST',
    version: '1',
    tags: [],
    timestamp: '2026-01-12T06:30:00.000Z',
    user: 'ops@example.com',
    type: 'VarProcess',
  },
};
