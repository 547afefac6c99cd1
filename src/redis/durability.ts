import type { Redis } from 'ioredis';

/** What is wrong with how a Redis keeps its data; each a sentence for people. Empty when accepted work survives. */
export async function durabilityProblems(redis: Redis): Promise<string[]> {
  const [persistence, memory] = await Promise.all([
    redis.info('persistence'),
    redis.info('memory'),
  ]);
  const problems: string[] = [];
  if (infoField(persistence, 'aof_enabled') !== '1') {
    problems.push(
      'it has no append-only file, so a restart forgets accepted work: set `appendonly yes`',
    );
  }
  const policy = infoField(memory, 'maxmemory_policy');
  if (policy !== 'noeviction') {
    problems.push(
      `it may evict accepted work when memory is short (${policy}): set \`maxmemory-policy noeviction\``,
    );
  }
  return problems;
}

/** What is to be said of replicas that may go without anybody noticing; a sentence for people, null when nothing is. */
export async function replicaWarning(redis: Redis, minReplicas: number): Promise<string | null> {
  const connected = Number(infoField(await redis.info('replication'), 'connected_slaves'));
  if (minReplicas > 0 || !(connected > 0)) return null;
  return 'Redis has a replica, and accepts work without one as soon as that is gone: set redis.minReplicas to 1, which refuses work then';
}

/** INFO answers lines `name:value`; unlike CONFIG it is allowed nearly everywhere. */
export function infoField(info: string, name: string): string {
  return new RegExp(`^${name}:(.*)$`, 'm').exec(info)?.[1]?.trim() ?? 'not said';
}
