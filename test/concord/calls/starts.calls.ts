import { formOf } from '../server.ts';
import { bytes, checks, checksStart, get, post, type Row, startOf } from './make-call.ts';

/** Starts that are refused. */
export const refusedStarts: readonly Row[] = [
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
export const starts: readonly Row[] = [
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
