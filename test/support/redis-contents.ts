import type { Redis } from 'ioredis';

/** Every key that matches and everything that it holds, as one text; for looking whether something is kept that must not be. */
export async function contentsOf(client: Redis, match: string): Promise<string> {
  const contents: string[] = [];
  for await (const keys of client.scanStream({ match, count: 1_000 })) {
    for (const key of keys as string[]) contents.push(`${key} ${await valueOf(client, key)}`);
  }
  return contents.join('\n');
}

async function valueOf(client: Redis, key: string): Promise<string> {
  const type = await client.type(key);
  switch (type) {
    case 'string':
      return (await client.get(key)) ?? '';
    case 'hash':
      return JSON.stringify(await client.hgetall(key));
    case 'list':
      return JSON.stringify(await client.lrange(key, 0, -1));
    case 'set':
      return JSON.stringify(await client.smembers(key));
    case 'zset':
      return JSON.stringify(await client.zrange(key, '0', '-1', 'WITHSCORES'));
    case 'stream':
      return JSON.stringify(await client.xrange(key, '-', '+'));
    case 'none':
      return ''; // It has expired meanwhile.
    default:
      throw new Error(`${key} is a ${type}, which nobody looks into here`);
  }
}
