import { get, json, nobody, post, remove, type Row } from './make-call.ts';

/** What changes runs that have ended, or that are not there. */
export const changes: readonly Row[] = [
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
