import type { PlatformExamples } from '../platform.ts';

/** What the API document shows of Concord. */
export const concordExamples: PlatformExamples = {
  key: 'Default:platform-checks:main:Smoke%20test',
  startPage:
    'https://concord.example.com/api/v1/org/Default/project/platform-checks/repo/main/start/Smoke%20test',
};
