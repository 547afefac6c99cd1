import { cloudBase } from './uipath.sandbox.ts';

/** Before the name of every OData function. */
export const functions = 'UiPath.Server.Configuration.OData';

/** An answer, and what a list holds. */
export interface Answer {
  readonly status: number;
  readonly body: string;
  readonly rows: Record<string, unknown>[];
  /** -1 where it was not counted. */
  readonly count: number;
}

/** What a call may send beside its path. */
export interface Sent {
  readonly headers?: Record<string, string>;
  readonly body?: unknown;
}

/** How the specs of this sandbox call it: signed in, in the folder `Shared`. */
export interface Calls {
  readonly call: (method: string, path: string, sent?: Sent) => Promise<Answer>;
  readonly get: (path: string, query?: Record<string, string>) => Promise<Answer>;
  readonly start: (startInfo: object) => Promise<Answer>;
}

/** Calls to a sandbox whose address is known by the first one. */
export function callsTo(url: () => string): Calls {
  async function call(method: string, path: string, sent: Sent = {}): Promise<Answer> {
    const form = sent.body instanceof FormData ? sent.body : undefined;
    const answer = await fetch(`${url()}${cloudBase}/${path}`, {
      method,
      headers: {
        authorization: 'Bearer sandbox-token',
        'x-uipath-organizationunitid': '101',
        ...sent.headers,
      },
      ...(sent.body === undefined ? {} : { body: form ?? JSON.stringify(sent.body) }),
    });
    const body = await answer.text();
    const value = body.startsWith('{') ? (JSON.parse(body) as Record<string, unknown>) : {};
    return {
      status: answer.status,
      body,
      rows: (value['value'] ?? []) as Record<string, unknown>[],
      count: Number(value['@odata.count'] ?? -1),
    };
  }
  return {
    call,
    get: (path, query = {}) => call('GET', `${path}?${new URLSearchParams(query).toString()}`),
    start: (startInfo) =>
      call('POST', `odata/Jobs/${functions}.StartJobs`, { body: { startInfo } }),
  };
}
