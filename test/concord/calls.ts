import { type Call, checksForm, formOf } from './server.ts';

/** Runs that stand on both servers: their ids are put into paths and texts. */
export interface StandingRuns {
  readonly finished: string;
  readonly failed: string;
  readonly waiting: string;
  readonly atForm: string;
}

type Make = (runs: StandingRuns) => Call;
type Row = readonly [name: string, call: Call | Make];

const nobody = '00000000-0000-4000-8000-000000000000';
const checks = '/api/v1/org/Default/project/platform-checks';
const json = { 'content-type': 'application/json' };

function get(path: string, headers: Call['headers'] = {}): Call {
  return { method: 'GET', path, headers };
}

function post(path: string, body: string | object = '{}', headers: Call['headers'] = json): Call {
  return {
    method: 'POST',
    path,
    body: typeof body === 'string' ? body : JSON.stringify(body),
    headers,
  };
}

function startOf(fields: Readonly<Record<string, string | object>>): Call {
  return { method: 'POST', path: '/api/v1/process', body: formOf(fields) };
}

/** Sign-in. */
const signIn: readonly Row[] = [
  ['without a key', get('/api/v1/org', { authorization: null })],
  ['with a wrong key', get('/api/v1/org', { authorization: 'bm9ib2R5' })],
  ['with a wrong bearer', get('/api/v1/org', { authorization: 'Bearer bm9ib2R5' })],
  ['with a wrong password', get('/api/v1/org', { authorization: 'Basic YTpi' })],
  ['with a bearer key', get('/api/v1/org', { authorization: 'Bearer {key}' })],
  ['whoami', get('/api/service/console/whoami')],
  ['version, signed in', get('/api/v1/server/version')],
  ['version, not signed in', get('/api/v1/server/version', { authorization: null })],
  ['version, with a wrong key', get('/api/v1/server/version', { authorization: 'bm9ib2R5' })],
  ['ping', get('/api/v1/server/ping', { authorization: null })],
  ['an unknown path', get('/api/v1/nothing')],
  ['an unknown path, not signed in', get('/api/v1/nothing', { authorization: null })],
  ['a wrong method', post('/api/v1/server/version')],
];

/** Organizations, projects, repositories, triggers. */
const definitions: readonly Row[] = [
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

/** One run, and lists of them. */
const statuses: readonly Row[] = [
  ['a finished run', ({ finished }) => get(`/api/v2/process/${finished}?include=history`)],
  ['a finished run, version 1', ({ finished }) => get(`/api/v1/process/${finished}`)],
  [
    'a failed run',
    ({ failed }) =>
      get(`/api/v2/process/${failed}?include=history&include=childrenIds&include=checkpoints`),
  ],
  ['a run that waits', ({ atForm }) => get(`/api/v2/process/${atForm}?include=history`)],
  ['no UUID', get('/api/v2/process/not-a-uuid')],
  ['an unknown run', get(`/api/v2/process/${nobody}`)],
  ['an unknown run, version 1', get(`/api/v1/process/${nobody}`)],
  ['runs', get('/api/v2/process?limit=1&status=SUSPENDED')],
  [
    'runs of a project',
    get('/api/v2/process?limit=1&orgName=Default&projectName=platform-checks&status=FAILED'),
  ],
  ['runs, unknown status', get('/api/v2/process?status=NOPE')],
  ['runs, limit 0', get('/api/v2/process?limit=0')],
  ['runs, limit 0, JSON wanted', get('/api/v2/process?limit=0', { accept: 'application/json' })],
  ['runs, limit that is no number', get('/api/v2/process?limit=abc')],
  ['runs, negative offset', get('/api/v2/process?offset=-1')],
  ['runs, unknown organization', get('/api/v2/process?orgName=nope')],
  ['runs, unknown project', get('/api/v2/process?orgName=Default&projectName=nope')],
  ['runs, project without organization', get('/api/v2/process?projectName=platform-checks')],
  [
    'runs, unknown repository',
    get('/api/v2/process?orgName=Default&projectName=platform-checks&repoName=nope'),
  ],
  ['runs, date with +0000', get('/api/v2/process?afterCreatedAt=2026-01-01T00:00:00.000%2B0000')],
  [
    'runs, date with -05',
    get('/api/v2/process?limit=1&beforeCreatedAt=2020-01-01T00:00:00.000-05'),
  ],
  [
    'runs, date with -05:00',
    get('/api/v2/process?limit=1&beforeCreatedAt=2020-01-01T00:00:00.000-05:00'),
  ],
  [
    'runs by meta',
    get(
      '/api/v2/process?orgName=Default&projectName=platform-checks&meta.note.eq=compared&limit=1',
    ),
  ],
  [
    'runs by a part of meta',
    get('/api/v2/process?orgName=Default&projectName=platform-checks&meta.note=ompare&limit=1'),
  ],
  [
    'runs by no such meta',
    get('/api/v2/process?orgName=Default&projectName=platform-checks&meta.note.eq=ompare&limit=1'),
  ],
  ['runs by meta, no project', get('/api/v2/process?meta.note.eq=compared')],
  [
    'runs, version 1',
    get('/api/v1/process?org=Default&project=platform-checks&limit=1&status=SUSPENDED'),
  ],
  ['runs, version 1, no organization', get('/api/v1/process?project=platform-checks')],
  ['a count without a project', get('/api/v2/process/count')],
  ['a count', get('/api/v2/process/count?orgName=Default&projectName=platform-checks')],
  ['requirements', get('/api/v2/process/requirements?status=ENQUEUED')],
  [
    'waiting for an end that is there',
    ({ failed }) => get(`/api/v1/process/${failed}/waitForCompletion?timeout=100`),
  ],
  [
    'waiting for an end in vain',
    ({ atForm }) => get(`/api/v1/process/${atForm}/waitForCompletion?timeout=100`),
  ],
  ['root', ({ finished }) => get(`/api/v1/process/${finished}/root`)],
  ['children', ({ finished }) => get(`/api/v1/process/${finished}/subprocess`)],
  ['root of an unknown run', get(`/api/v1/process/${nobody}/root`)],
  ['children of an unknown run', get(`/api/v1/process/${nobody}/subprocess`)],
];

const ranges = [
  'bytes=-40',
  'bytes=-999999',
  'bytes=100-120',
  'bytes=100-',
  'bytes=0-',
  'bytes=0-0',
  'bytes=5-5',
  'bytes=0-999999',
  'bytes=999999-',
  'bytes=200-100',
  'bytes=-',
  'bytes=abc',
  'bytes=0-10,20-30',
  '10-20',
  'items=0-1',
];

/** Logs, attachments, history, forms. */
const outputs: readonly Row[] = [
  ['a log', ({ finished }) => get(`/api/v1/process/${finished}/log`)],
  ...ranges.map((range): Row => [
    `a log, Range: ${range}`,
    ({ finished }) => get(`/api/v1/process/${finished}/log`, { range }),
  ]),
  ['the log of no UUID', get('/api/v1/process/x/log')],
  ['the log of an unknown run', get(`/api/v1/process/${nobody}/log`)],
  ['segments', ({ finished }) => get(`/api/v2/process/${finished}/log/segment`)],
  ['segments, limited', ({ finished }) => get(`/api/v2/process/${finished}/log/segment?limit=1`)],
  ['segments of an unknown run', get(`/api/v2/process/${nobody}/log/segment`)],
  ['the system segment', ({ finished }) => get(`/api/v2/process/${finished}/log/segment/0/data`)],
  [
    'an unknown segment',
    ({ finished }) => get(`/api/v2/process/${finished}/log/segment/99999/data`),
  ],
  ['a segment of an unknown run', get(`/api/v2/process/${nobody}/log/segment/0/data`)],
  ['attachments', ({ finished }) => get(`/api/v1/process/${finished}/attachment`)],
  ['attachments of a run that waits', ({ atForm }) => get(`/api/v1/process/${atForm}/attachment`)],
  ['attachments of an unknown run', get(`/api/v1/process/${nobody}/attachment`)],
  ['an attachment', ({ finished }) => get(`/api/v1/process/${finished}/attachment/out.json`)],
  ['a missing attachment', ({ finished }) => get(`/api/v1/process/${finished}/attachment/nope`)],
  [
    'an attachment that is a folder',
    ({ finished }) => get(`/api/v1/process/${finished}/attachment/x/`),
  ],
  [
    'an attachment by POST',
    ({ finished }) => post(`/api/v1/process/${finished}/attachment/out.json`),
  ],
  ['history', ({ finished }) => get(`/api/v1/process/${finished}/history`)],
  ['history of an unknown run', get(`/api/v1/process/${nobody}/history`)],
  [
    'history, unknown run, JSON wanted',
    get(`/api/v1/process/${nobody}/history`, { accept: 'application/json' }),
  ],
  ['waits', ({ finished }) => get(`/api/v1/process/${finished}/waits`)],
  ['waits of an unknown run', get(`/api/v1/process/${nobody}/waits`)],
  ['events', ({ finished }) => get(`/api/v1/process/${finished}/event?type=PROCESS_STATUS`)],
  ['events of an unknown run', get(`/api/v1/process/${nobody}/event`)],
  ['checkpoints', ({ finished }) => get(`/api/v1/process/${finished}/checkpoint`)],
  ['checkpoints of an unknown run', get(`/api/v1/process/${nobody}/checkpoint`)],
  ['checkpoints, version 3', ({ finished }) => get(`/api/v3/process/${finished}/checkpoint`)],
  ['forms', ({ atForm }) => get(`/api/v1/process/${atForm}/form`)],
  ['forms of a finished run', ({ finished }) => get(`/api/v1/process/${finished}/form`)],
  [
    'forms of a run that waits for an event',
    ({ waiting }) => get(`/api/v1/process/${waiting}/form`),
  ],
  ['forms of an unknown run', get(`/api/v1/process/${nobody}/form`)],
  ['a form', ({ atForm }) => get(`/api/v1/process/${atForm}/form/approval`)],
  ...['_attachments/_state/_suspend', 'nope'].flatMap((file): readonly Row[] => [
    [
      `the state of a run that waits, ${file}`,
      ({ waiting }) => get(`/api/v1/process/${waiting}/state/snapshot/${file}`),
    ],
    [
      `the state of a finished run, ${file}`,
      ({ finished }) => get(`/api/v1/process/${finished}/state/snapshot/${file}`),
    ],
  ]),
  ['an unknown form', ({ atForm }) => get(`/api/v1/process/${atForm}/form/nope`)],
];

/** Starts that are refused. */
const refusedStarts: readonly Row[] = [
  ['a start with JSON', post('/api/v1/process')],
  ['a start with sync', startOf({ sync: 'true', org: 'Default', project: 'platform-checks' })],
  ['a start in an unknown organization', startOf({ org: 'nope', project: 'x' })],
  ['a start in an unknown project', startOf({ org: 'Default', project: 'nope' })],
  ['a start in an unknown repository', checksStart({ repo: 'nope' })],
  ['a start, project without organization', startOf({ project: 'platform-checks' })],
  ['a start, repository without project', startOf({ org: 'Default', repo: 'main' })],
  ['a start, meta as words', checksStart({ meta: 'abc' })],
  ['a start, meta as text', checksStart({ meta: '{"a":1}' })],
  ['a start, bad project id', checksStart({ projectId: 'abc' })],
  ['a start, absolute file', checksStart({ '/abs': bytes('x') })],
  ['a start, file above', checksStart({ '../x': bytes('x') })],
  [
    'a start in a disabled repository',
    startOf({ org: 'Finance', project: 'finance-automation', repo: 'legacy' }),
  ],
  [
    'a start with out where it is not allowed',
    startOf({ org: 'Finance', project: 'finance-automation', repo: 'main', out: 'x' }),
  ],
  [
    'a start with an archive where it is not allowed',
    startOf({ org: 'Finance', project: 'finance-automation', archive: bytes('no zip') }),
  ],
  [
    'a start with a broken form',
    post('/api/v1/process', 'x', { 'content-type': 'multipart/form-data' }),
  ],
  ['a path start, unknown project', post('/api/v1/process/nope:main:default')],
  ['a path start, unknown repository', post('/api/v1/process/platform-checks:nope:default')],
  ['a path start, four parts', post('/api/v1/process/a:b:c:d')],
  ['a path start with sync', post('/api/v1/process/platform-checks:main?sync=true')],
  ['a path start with broken JSON', post('/api/v1/process/platform-checks:main', 'x')],
];

/** Starts that are taken; the runs end by themselves. */
const starts: readonly Row[] = [
  ['a start', checksStart({ entryPoint: 'default' })],
  ['a start of an unknown flow', checksStart({ entryPoint: 'nope' })],
  ['a start with meta', checksStart({ entryPoint: 'default', meta: { a: 1 } })],
  ['a start with a broken request', checksStart({ request: bytes('no json', 'application/json') })],
  ['a start with a bad date', checksStart({ startAt: 'nonsense' })],
  ['a start with a file', checksStart({ entryPoint: 'default', 'notes.txt': bytes('x') })],
  [
    'a start with a broken archive',
    {
      method: 'POST',
      path: '/api/v1/process',
      body: new Uint8Array([1, 2]),
      headers: { 'content-type': 'application/octet-stream' },
    },
  ],
  ['a start of nothing', { method: 'POST', path: '/api/v1/process' }],
  [
    'a path start',
    post('/api/v1/process/platform-checks:main:default', { arguments: { name: 'x' } }),
  ],
  ['a path start without a flow', post('/api/v1/process/platform-checks:main')],
  [
    'a path start without a body',
    { method: 'POST', path: '/api/v1/process/platform-checks:main:default' },
  ],
  ['a path start with out', post('/api/v1/process/platform-checks:main:default?out=greeting')],
  [
    'a path start with a form',
    {
      method: 'POST',
      path: '/api/v1/process/platform-checks:main:default',
      body: formOf({ 'arguments.name': 'x' }),
    },
  ],
  ['a start in a browser', get(`${checks}/repo/main/start/default`)],
  [
    'a start in a browser with arguments',
    get(`${checks}/repo/main/start/Smoke%20test?arguments.x=1`),
  ],
  [
    'a start in a browser, JSON wanted',
    get(`${checks}/repo/main/start/default`, { accept: 'application/json' }),
  ],
  ['a start in a browser, unknown repository', get(`${checks}/repo/nope/start/default`)],
  [
    'a start in a browser, unknown organization',
    get('/api/v1/org/nope/project/x/repo/main/start/default'),
  ],
  ['a start in a browser without a flow', get(`${checks}/repo/main/start`)],
];

/** What changes runs that have ended, or that are not there. */
const changes: readonly Row[] = [
  ['stop of a finished run', ({ failed }) => remove(`/api/v1/process/${failed}`)],
  ['stop of an unknown run', remove(`/api/v1/process/${nobody}`)],
  ['stop of no UUID', remove('/api/v1/process/x')],
  ['stop of a tree', ({ failed }) => remove(`/api/v1/process/${failed}/cascade`)],
  ['stop of an unknown tree', remove(`/api/v1/process/${nobody}/cascade`)],
  [
    'stop of many',
    ({ failed }) => ({
      ...remove('/api/v1/process/bulk'),
      headers: json,
      body: JSON.stringify([failed]),
    }),
  ],
  [
    'stop of many unknown',
    { ...remove('/api/v1/process/bulk'), headers: json, body: JSON.stringify([nobody]) },
  ],
  [
    'stop of many that are no UUID',
    { ...remove('/api/v1/process/bulk'), headers: json, body: '["x"]' },
  ],
  ['stop of many without a list', remove('/api/v1/process/bulk')],
  ['restart of a run that waits', ({ atForm }) => post(`/api/v1/process/${atForm}/restart`)],
  ['restart of an unknown run', post(`/api/v1/process/${nobody}/restart`)],
  ['resume with an unknown event', ({ waiting }) => post(`/api/v1/process/${waiting}/resume/nope`)],
  ['resume of a finished run', ({ failed }) => post(`/api/v1/process/${failed}/resume/go`)],
  ['resume of an unknown run', post(`/api/v1/process/${nobody}/resume/go`)],
  ['an answer to an unknown form', ({ atForm }) => post(`/api/v1/process/${atForm}/form/nope`)],
  ['meta', ({ failed }) => post(`/api/v1/process/${failed}/meta`, { note: 'later' })],
  ['meta of an unknown run', post(`/api/v1/process/${nobody}/meta`, { note: 'later' })],
  ['disable', ({ failed }) => post(`/api/v1/process/${failed}/disable/true`)],
  ['a disabled run', ({ failed }) => get(`/api/v1/process/${failed}`)],
  ['disable of an unknown run', post(`/api/v1/process/${nobody}/disable/true`)],
  [
    'restore of an unknown checkpoint',
    ({ failed }) => post(`/api/v1/process/${failed}/checkpoint/restore`, { id: nobody }),
  ],
  ['a wrong method on runs', { method: 'PUT', path: '/api/v1/process' }],
  ['an impossible organization, made', post('/api/v1/org', { name: 'x' })],
  ['an organization from broken JSON', post('/api/v1/org', '{bad')],
  ['an organization that is there', post('/api/v1/org', { name: 'Default' })],
];

function checksStart(fields: Readonly<Record<string, string | object>>): Call {
  return { method: 'POST', path: '/api/v1/process', body: checksForm(fields) };
}

function remove(path: string): Call {
  return { method: 'DELETE', path };
}

function bytes(text: string, type = 'application/octet-stream'): Blob {
  return new Blob([text], { type });
}

/** Every call that is compared, by what it is about. */
export const calls: Readonly<Record<string, readonly Row[]>> = {
  'sign-in': signIn,
  definitions,
  runs: statuses,
  outputs,
  'refused starts': refusedStarts,
  starts,
  changes,
};
