import { checks, get, type Row } from './make-call.ts';

/** Organizations, projects, repositories, triggers. */
export const definitions: readonly Row[] = [
  ['organizations', get('/api/v1/org')],
  ['organizations, filtered', get('/api/v1/org?filter=FIN&limit=1')],
  ['organizations, past the end', get('/api/v1/org?offset=50&limit=1')],
  ['an organization', get('/api/v1/org/Finance')],
  ['an unknown organization', get('/api/v1/org/nope')],
  ['an impossible organization', get('/api/v1/org/a%20b')],
  ['projects', get('/api/v1/org/Default/project')],
  ['projects of an unknown organization', get('/api/v1/org/nope/project')],
  ['a project, version 1', get(checks)],
  ['a project, version 2', get('/api/v2/org/Default/project/platform-checks')],
  ['an unknown project', get('/api/v2/org/Default/project/nope')],
  ['an unknown project, version 1', get('/api/v1/org/Default/project/nope')],
  ['a project of an unknown organization', get('/api/v2/org/nope/project/nope')],
  ['an impossible project', get('/api/v2/org/Default/project/x')],
  ['an impossible project, version 1', get('/api/v1/org/Default/project/x')],
  ['repositories', get(`${checks}/repository`)],
  ['repositories without flows', get('/api/v1/org/Sales/project/shared-forms/repository')],
  [
    'repositories of the server itself',
    get('/api/v1/org/ConcordSystem/project/concordTriggers/repository'),
  ],
  ['repositories of an unknown project', get('/api/v1/org/Default/project/nope/repository')],
  ['a repository', get(`${checks}/repository/main`)],
  ['an unknown repository', get(`${checks}/repository/nope`)],
  ['a repository of an unknown project', get('/api/v1/org/Default/project/nope/repository/main')],
  ['an impossible repository', get(`${checks}/repository/x`)],
  ['triggers of a repository', get(`${checks}/repo/main/trigger`)],
  ['triggers of an unknown repository', get(`${checks}/repo/nope/trigger`)],
  [
    'cron triggers',
    get('/api/v2/trigger?type=cron&orgName=Default&projectName=platform-checks&repoName=main'),
  ],
  ['triggers of no known type', get('/api/v2/trigger?type=nope')],
  ['triggers, unknown organization', get('/api/v2/trigger?type=cron&orgName=nope')],
  ['triggers, unknown project', get('/api/v2/trigger?type=cron&orgName=Default&projectName=nope')],
  [
    'triggers, unknown repository',
    get('/api/v2/trigger?type=cron&orgName=Default&projectName=platform-checks&repoName=nope'),
  ],
  ['triggers, no organization', get('/api/v2/trigger?type=cron&projectName=platform-checks')],
  [
    'triggers of a disabled repository',
    get('/api/v1/org/Finance/project/finance-automation/repo/legacy/trigger'),
  ],
];
