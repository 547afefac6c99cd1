import { get, nobody, post, type Row } from './make-call.ts';

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
export const outputs: readonly Row[] = [
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
