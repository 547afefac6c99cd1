import type { PlatformExamples } from '../platform.ts';

/** What the API document shows of Concord. */
export const concordExamples: PlatformExamples = {
  key: 'Default:platform-checks:main:Smoke%20test',
  repository: 'Default:platform-checks:main:Smoke%20test',
  startPage:
    'https://concord.example.com/api/v1/org/Default/project/platform-checks/repo/main/start/Smoke%20test',
  runs: {
    ended: 'f32a18d1-b34c-4860-aac6-f03da84c8648',
    attachment: 'report.csv',
    suspended: 'f54ebf08-596e-4989-ab30-f00310030dbc',
    event: 'go',
  },
  archive: { entryPoint: 'Smoke test', request: { arguments: { message: 'hello' } } },
};
