import { randomUUID } from 'node:crypto';
import type { Run } from '../../src/domain/run.ts';
import { eventually } from './eventually.ts';
import type { Stage } from './gateway.ts';
import { type Answer, at, get, list, send, type Serving } from './http.ts';

/** What a start is sent with besides its body. */
export type StartHeaders = Readonly<Record<string, string>>;

/** Starts a process, whatever the status of the answer. */
export function start<T = Run>(
  serving: Serving,
  process: string,
  body: object | null = null,
  headers: StartHeaders = {},
): Promise<Answer<T>> {
  const json = body === null ? {} : { body: JSON.stringify(body) };
  const type = body === null ? {} : { 'content-type': 'application/json' };
  return send<T>(serving, 'post', at(process, '/runs'), {
    headers: { ...type, ...headers },
    ...json,
  });
}

/** POST to something below a run. */
export function postTo<T = Run>(
  serving: Serving,
  run: string,
  what: string,
  body: object = {},
  headers: StartHeaders = {},
): Promise<Answer<T>> {
  return send<T>(serving, 'post', `/v1/runs/${encodeURIComponent(run)}/${what}`, {
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });
}

/** A run, which has to be there. */
export async function runOf(serving: Serving, id: string, query = ''): Promise<Run> {
  const answer = await get<Run>(serving, `/v1/runs/${encodeURIComponent(id)}${query}`);
  if (answer.status !== 200) throw new Error(`${answer.status}: ${answer.text}`);
  return answer.body;
}

/** A run as soon as it has ended. */
export async function ended(serving: Serving, id: string): Promise<Run> {
  const run = await runOf(serving, id, '?wait=40');
  if (!run.final) throw new Error(`${id} does not end: ${JSON.stringify(run)}`);
  return run;
}

/** A run as soon as it looks so. */
export async function runThat(
  serving: Serving,
  id: string,
  looksSo: (run: Run) => boolean,
  withinMs = 20_000,
): Promise<Run> {
  return eventually(async () => {
    const run = await runOf(serving, id);
    if (!looksSo(run)) throw new Error(`not yet: ${JSON.stringify(run)}`);
    return run;
  }, withinMs);
}

/** A key that nobody has used. */
export function newKey(): StartHeaders {
  return { 'idempotency-key': randomUUID() };
}

/** Ids of the process called `Smoke test` of every platform, by connection. */
export async function smokeTests(serving: Serving): Promise<Map<string, string>> {
  const { body } = await list(serving, '?name=smoke%20test');
  return new Map(body.data.map(({ connection, id }) => [connection, id]));
}

/** How many runs have really begun on a platform. */
export function startsOn(stage: Stage, platform: string): number {
  return stage
    .sandbox(platform)
    .ledger()
    .filter(({ effect }) => effect === 'run.started').length;
}
