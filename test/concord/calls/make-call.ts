import { type Call, checksForm, formOf } from '../server.ts';

/** Runs that stand on both servers: their ids are put into paths and texts. */
export interface StandingRuns {
  readonly finished: string;
  readonly failed: string;
  readonly waiting: string;
  readonly atForm: string;
}

type Make = (runs: StandingRuns) => Call;
/** A call under its name; one that needs a standing run is made from it. */
export type Row = readonly [name: string, call: Call | Make];

export const nobody = '00000000-0000-4000-8000-000000000000';
export const checks = '/api/v1/org/Default/project/platform-checks';
export const json = { 'content-type': 'application/json' };

export function get(path: string, headers: Call['headers'] = {}): Call {
  return { method: 'GET', path, headers };
}

export function post(
  path: string,
  body: string | object = '{}',
  headers: Call['headers'] = json,
): Call {
  return {
    method: 'POST',
    path,
    body: typeof body === 'string' ? body : JSON.stringify(body),
    headers,
  };
}

export function remove(path: string): Call {
  return { method: 'DELETE', path };
}

export function startOf(fields: Readonly<Record<string, string | object>>): Call {
  return { method: 'POST', path: '/api/v1/process', body: formOf(fields) };
}

export function checksStart(fields: Readonly<Record<string, string | object>>): Call {
  return { method: 'POST', path: '/api/v1/process', body: checksForm(fields) };
}

export function bytes(text: string, type = 'application/octet-stream'): Blob {
  return new Blob([text], { type });
}
