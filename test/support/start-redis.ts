import { findRedisServer, redisCacheDir } from '../../src/embedded/redis-find.ts';
import { startEmbeddedRedis } from '../../src/embedded/redis-server.ts';

// A start to be killed by tests: `start-redis.ts <data folder>`; prints what it says, then `started <pid>`, and stays.
const [dataDir = ''] = process.argv.slice(2);
const say = (line: string) => process.stdout.write(`${line}\n`);
const cacheDir = redisCacheDir(process.env);
const program = await findRedisServer({ cacheDir, env: process.env, say });
const redis = await startEmbeddedRedis({ dataDir, program, say });
say(`started ${redis.pid}`);
