import { Agent, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { text } from 'node:stream/consumers';
import type { Operation } from '../../src/domain/operation.ts';
import type { LedgerEntry } from '../../src/ledger/record.ts';
import { eventually } from '../support/eventually.ts';
import type { Arena } from './arena.ts';
import type { Subject } from './import-subjects.ts';

const patienceMs = 8_000;
const againMs = 150;
const toldMs = 120_000;
/** Asking for an operation waits so long for its end, in s. */
const waitS = 4;
/** From the last kill to the last end, with all that waits for its turn. */
const endMs = 240_000;
/** So much of a form comes late where it is held, in bytes: less than what ends it, so that its file has not ended either. */
const heldBytes = 20;
/** Connections stay, as those of a busy caller do. */
const agent = new Agent({ keepAlive: true });

/**
 * Imports as a careful caller does: with one key, again and again, until it is told of its operation, whose id this gives.
 * The end of the first form comes only once `held` is settled; null: at once.
 */
export async function importUntilTold(
  arena: Arena,
  { form, lane }: Subject,
  key: string,
  held: Promise<unknown> | null = null,
): Promise<string> {
  const until = Date.now() + toldMs;
  let rest = held;
  for (;;) {
    const { baseUrl } = await arena.gateway();
    const answer = await posted(baseUrl, form, key, rest).catch(() => null);
    if (answer?.status === 202 || answer?.status === 200)
      return (JSON.parse(answer.said) as Operation).id;
    const isFinal = answer !== null && answer.status < 500 && answer.status !== 409;
    if (isFinal || Date.now() >= until)
      throw new Error(`${lane}: ${answer?.status ?? 'no answer'} ${answer?.said ?? ''}`);
    rest = null;
    await sleep(againMs);
  }
}

function posted(
  baseUrl: string,
  { type, body }: Subject['form'],
  key: string,
  held: Promise<unknown> | null,
): Promise<{ readonly status: number; readonly said: string }> {
  return new Promise((resolve, reject) => {
    const sending = request(`${baseUrl}/v1/imports`, {
      agent,
      method: 'POST',
      headers: {
        'content-type': type,
        'content-length': String(body.length),
        'idempotency-key': key,
      },
      signal: AbortSignal.timeout(patienceMs),
    });
    sending.on('error', reject);
    sending.once('response', (response) => {
      const { statusCode: status = 0 } = response;
      text(response).then((said) => {
        resolve({ status, said });
      }, reject);
    });
    if (held === null) {
      sending.end(body);
      return;
    }
    sending.write(body.subarray(0, -heldBytes));
    const finish = (): void => {
      sending.end(body.subarray(-heldBytes));
    };
    held.then(finish, finish);
  });
}

/** An import once it has ended. */
export async function endedImport(arena: Arena, id: string): Promise<Operation> {
  return eventually(async () => {
    const operation = await shown(arena, id);
    if (operation?.final !== true)
      throw new Error(`${id} does not end: ${JSON.stringify(operation)}`);
    return operation;
  }, endMs);
}

/** An operation as the gateway shows it; null while it shows nothing. */
async function shown(arena: Arena, id: string): Promise<Operation | null> {
  try {
    const { baseUrl } = await arena.gateway();
    const answer = await fetch(`${baseUrl}/v1/operations/${id}?wait=${waitS}`, {
      signal: AbortSignal.timeout(patienceMs),
    });
    return answer.status === 200 ? ((await answer.json()) as Operation) : null;
  } catch {
    return null;
  }
}

/** Where the write of an operation stands. */
export async function entryOf({ stage }: Arena, id: string): Promise<LedgerEntry> {
  const ledger = await stage.redis.hget(`${stage.prefix}:operation:{${id}}`, 'ledger');
  if (ledger === null) throw new Error(`${id} is not there`);
  return JSON.parse(ledger) as LedgerEntry;
}
