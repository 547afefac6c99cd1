import { setTimeout as sleep } from 'node:timers/promises';
import type { BatchResult } from '../../src/changes/batch.dto.ts';
import type { Arena } from './arena.ts';
import type { ChangeSubject } from './change-subjects.ts';

const patienceMs = 8_000;
const againMs = 150;
const toldMs = 120_000;
const idPattern = /op-[\da-f-]{36}/;

/**
 * Changes something as a careful caller does: with one key, again and again, until it is told of every operation of it, whose
 * ids this gives.
 */
export async function changeUntilTold(
  arena: Arena,
  subject: ChangeSubject,
  key: string,
): Promise<readonly string[]> {
  const until = Date.now() + toldMs;
  for (;;) {
    const { baseUrl } = await arena.gateway();
    const answer = await asked(baseUrl, subject, key).catch(() => null);
    const ids = answer === null ? [] : operationsIn(subject, answer.response, answer.text);
    if (ids.length === subject.effects.length) return ids;
    const status = answer?.response.status ?? 0;
    const isFinal = status >= 400 && status < 500 && status !== 409;
    if (isFinal || Date.now() >= until)
      throw new Error(`${subject.kind}: ${status} ${answer?.text ?? 'no answer'}`);
    await sleep(againMs);
  }
}

interface Answer {
  readonly response: Response;
  readonly text: string;
}

async function asked(
  baseUrl: string,
  { request: { method, path, body } }: ChangeSubject,
  key: string,
): Promise<Answer> {
  const response = await fetch(`${baseUrl}${path}?wait=0`, {
    method,
    headers: {
      'idempotency-key': key,
      ...(body === null ? {} : { 'content-type': 'application/json' }),
    },
    body: body === null ? null : JSON.stringify(body),
    signal: AbortSignal.timeout(patienceMs),
  });
  return { response, text: await response.text() };
}

/** The operations that an answer names; of a batch only once it names one for each item. */
function operationsIn({ kind }: ChangeSubject, { headers, ok }: Response, text: string): string[] {
  if (kind !== 'batch') {
    const [id] = idPattern.exec(headers.get('link') ?? '') ?? [];
    return id === undefined ? [] : [id];
  }
  if (!ok) return [];
  const { data } = JSON.parse(text) as { readonly data: readonly BatchResult[] };
  return data.flatMap(({ operation }) => (operation === null ? [] : [operation.id]));
}
