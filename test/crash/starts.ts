import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Run } from '../../src/domain/run.ts';
import type { Arena } from './arena.ts';
import type { Told } from './told.ts';

const patienceMs = 8_000;
const againMs = 150;

/** Starts a process as a careful caller does: with one key, again and again, until it is told where its run is. */
export async function startUntilTold(
  arena: Arena,
  platform: string,
  process: string,
  key: string = randomUUID(),
): Promise<Told> {
  const until = Date.now() + 120_000;
  for (;;) {
    await sleep(againMs);
    const answer = await posted(arena, process, key).catch(() => null);
    if (answer?.status === 202 || answer?.status === 200)
      return { platform, key, id: ((await answer.json()) as Run).id };
    const isFinal = answer !== null && answer.status < 500 && answer.status !== 409;
    if (!isFinal && Date.now() < until) continue;
    throw new Error(`${process}: ${answer?.status ?? 'no answer'} ${(await answer?.text()) ?? ''}`);
  }
}

async function posted(arena: Arena, process: string, key: string): Promise<Response> {
  const { baseUrl } = await arena.gateway();
  return fetch(`${baseUrl}/v1/processes/${encodeURIComponent(process)}/runs`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'idempotency-key': key },
    // Frends takes no mark; there the input tells whose run it is.
    body: JSON.stringify(process.startsWith('frends:') ? { input: { crash: key } } : {}),
    signal: AbortSignal.timeout(patienceMs),
  });
}

/** A run as the gateway shows it; null while it shows nothing. */
export async function shown(arena: Arena, id: string): Promise<Run | null> {
  try {
    const { baseUrl } = await arena.gateway();
    const answer = await fetch(`${baseUrl}/v1/runs/${encodeURIComponent(id)}`, {
      signal: AbortSignal.timeout(patienceMs),
    });
    return answer.status === 200 ? ((await answer.json()) as Run) : null;
  } catch {
    return null;
  }
}

/** How often a start has really taken effect. */
export function effectsOf(arena: Arena, { platform, key, id }: Told): number {
  const mark = id.slice(id.indexOf(':') + 1);
  return arena.stage
    .sandbox(platform)
    .ledger()
    .filter(({ effect }) => effect === 'run.started')
    .map(({ details }) => JSON.stringify(details))
    .filter((text) => text.includes(mark) || text.includes(key)).length;
}
