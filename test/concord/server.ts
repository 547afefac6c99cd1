/** A Concord to talk to, the real one or the sandbox. */
export interface Server {
  readonly url: string;
  readonly key: string;
}

/** One request; the key is sent unless `headers` say otherwise. */
export interface Call {
  readonly method: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string | null>>;
  readonly body?: string | FormData | Uint8Array<ArrayBuffer>;
}

/** An answer, read to its end. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

/** The real server of this run of the suite. */
export function realServer(): Server {
  const { CONCORD_URL: url, CONCORD_API_KEY: key } = process.env;
  if (url === undefined || key === undefined) throw new Error('setup.js has started no Concord');
  return { url, key };
}

export async function send(server: Server, call: Call): Promise<Answer> {
  const headers = new Headers({ authorization: server.key });
  for (const [name, value] of Object.entries(call.headers ?? {})) {
    if (value === null) headers.delete(name);
    else headers.set(name, value.replace('{key}', server.key));
  }
  const answer = await fetch(`${server.url}${call.path}`, {
    method: call.method,
    headers,
    redirect: 'manual',
    ...(call.body === undefined ? {} : { body: call.body }),
  });
  return { status: answer.status, headers: answer.headers, text: await answer.text() };
}

/** The JSON of an answer that has to be one. */
export async function read(server: Server, path: string): Promise<Record<string, unknown>> {
  const { text } = await send(server, { method: 'GET', path });
  return JSON.parse(text) as Record<string, unknown>;
}

/** A form as the platform checks of both servers take it; objects become parts of JSON. */
export function checksForm(fields: Readonly<Record<string, string | object>>): FormData {
  return formOf({ org: 'Default', project: 'platform-checks', repo: 'main', ...fields });
}

export function formOf(fields: Readonly<Record<string, string | object>>): FormData {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) {
    if (typeof value === 'string') form.set(name, value);
    else if (value instanceof Blob) form.set(name, value, name);
    else form.set(name, new Blob([JSON.stringify(value)], { type: 'application/json' }), name);
  }
  return form;
}

/** Starts a run by the form; gives its id. */
export async function start(
  server: Server,
  fields: Readonly<Record<string, string | object>>,
): Promise<string> {
  const call = { method: 'POST', path: '/api/v1/process', body: checksForm(fields) };
  const { status, text } = await send(server, call);
  if (status !== 200) throw new Error(`the start was answered ${status}: ${text}`);
  return (JSON.parse(text) as { instanceId: string }).instanceId;
}

/** A run waits for the ones that other specs and calls have started: the server runs three at once. */
const patienceMs = 600_000;
const pollMs = 250;

/** Waits until a run has one of the statuses; gives its entry. */
export async function until(
  server: Server,
  id: string,
  ...statuses: readonly string[]
): Promise<Record<string, unknown>> {
  for (const end = Date.now() + patienceMs; ;) {
    const entry = await read(server, `/api/v2/process/${id}?include=history`);
    if (statuses.includes(String(entry['status']))) return entry;
    if (Date.now() > end) throw new Error(`the run ${id} stays ${String(entry['status'])}`);
    await new Promise((done) => setTimeout(done, pollMs));
  }
}
