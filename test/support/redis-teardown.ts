import { runRedis } from './redis-setup.ts';

/** For jest's `globalTeardown`. */
export default async function tearDownRedis(): Promise<void> {
  await runRedis.current?.remove();
  runRedis.current = null;
}
