import type { Redis } from 'ioredis';
import { randomBytes } from 'node:crypto';

/** The secret that seals cursors where none is configured: the first gateway makes it, and all share it. */
export async function sharedCursorKey(redis: Redis, prefix: string): Promise<string> {
  const key = `${prefix}:catalogue:cursor-key`;
  await redis.set(key, randomBytes(32).toString('base64url'), 'NX');
  const shared = await redis.get(key);
  if (shared === null) throw new Error('Redis did not keep the key that seals cursors');
  return shared;
}
