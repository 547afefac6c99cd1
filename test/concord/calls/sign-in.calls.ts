import { get, post, type Row } from './make-call.ts';

/** Sign-in. */
export const signIn: readonly Row[] = [
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
