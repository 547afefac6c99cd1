import type { PlatformExamples } from '../platform.ts';

/** What the API document shows of Concord. */
export const concordExamples: PlatformExamples = {
  key: 'Default:platform-checks:main:Smoke%20test',
  schedule: {
    expression: '15 2 1 * *',
    dialect: 'unix-cron',
    timezone: 'Europe/Berlin',
    active: true,
  },
  build: { version: '2.16.0', build: { version: '2.16.0', env: 'n/a', ok: true } },
};
