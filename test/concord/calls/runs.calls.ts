import { get, nobody, type Row } from './make-call.ts';

/** One run, and lists of them: where other runs of the server would stand in one, it is asked for the compared ones. */
export const runs: readonly Row[] = [
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
  ['runs', get('/api/v2/process?limit=1&status=SUSPENDED&tags=compared')],
  [
    'runs of a project',
    get(
      '/api/v2/process?limit=1&orgName=Default&projectName=platform-checks&status=FAILED&tags=compared',
    ),
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
  ...[
    'note.startsWith=comp',
    'note.startsWith=omp',
    'note.startsWith=',
    'note.notStartsWith=comp',
    'note.endsWith=red',
    'note.notContains=x',
    'note.notEq=compared',
    'entryPoint.startsWith=wait',
    'no.such.notStartsWith=x',
    'no.such.notEq=x',
  ].map((filter): Row => [
    `runs by meta, ${filter}`,
    get(
      `/api/v2/process?orgName=Default&projectName=platform-checks&status=SUSPENDED&tags=compared&limit=1&meta.${filter}`,
    ),
  ]),
  ['runs by meta, no project', get('/api/v2/process?meta.note.eq=compared')],
  [
    'runs, version 1',
    get(
      '/api/v1/process?org=Default&project=platform-checks&limit=1&status=SUSPENDED&tags=compared',
    ),
  ],
  ['runs, version 1, no organization', get('/api/v1/process?project=platform-checks')],
  ['a count without a project', get('/api/v2/process/count')],
  ['a count', get('/api/v2/process/count?orgName=Default&projectName=platform-checks')],
  ['requirements', get('/api/v2/process/requirements?status=SUSPENDED')],
  ['requirements, limit 0', get('/api/v2/process/requirements?status=SUSPENDED&limit=0')],
  ['requirements, no status', get('/api/v2/process/requirements')],
  ['requirements, unknown status', get('/api/v2/process/requirements?status=NOPE')],
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
