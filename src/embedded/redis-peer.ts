import { realpath } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { within } from '../timing/within.ts';
import type { RedisAddress } from './redis-address.ts';

/** A server of ours, and a connection that says to others that it is in use, for as long as this process lives. */
export interface OwnServer {
  readonly kind: 'ours';
  readonly connection: Redis;
  readonly pid: number;
}

/** Who is met at an address: our server, another one, something that says nothing, or nobody that speaks as a Redis does. */
export type Peer = OwnServer | { readonly kind: 'other' | 'silent' | 'nobody' };

const userName = 'process-gateway-start';
const answerMs = 3_000;

/** Our server is the one that takes our password, lives in our folder and tells its process id. */
export async function meet(home: string, { port, password }: RedisAddress): Promise<Peer> {
  const connection = new Redis({
    ...{ host: '127.0.0.1', port, lazyConnect: true, connectTimeout: answerMs, protocol: 2 },
    ...{ retryStrategy: null, enableReadyCheck: false, disableClientInfo: true },
  });
  // Each call rejects by itself.
  connection.on('error', () => undefined);
  try {
    const pid = await within(introduce(connection, home, password), answerMs);
    if (typeof pid === 'number') return { kind: 'ours', connection, pid };
    hangUp(connection);
    return { kind: pid ?? 'silent' };
  } catch (error) {
    hangUp(connection);
    return { kind: (error as Error).name === 'ReplyError' ? 'other' : 'nobody' };
  }
}

/** Of a connection that has ended by itself, `disconnect` would still wait 2 s. */
function hangUp(connection: Redis): void {
  if (connection.status !== 'end') connection.disconnect();
}

/** Everything asked here is answered while the server still loads its data. */
async function introduce(
  connection: Redis,
  home: string,
  password: string,
): Promise<number | 'other'> {
  await connection.call('AUTH', password);
  const [, dir] = (await connection.call('CONFIG', 'GET', 'dir')) as string[];
  if (dir === undefined || (await realpath(dir)) !== home) return 'other';
  await connection.call('CLIENT', 'SETNAME', userName);
  const info = await connection.info('server');
  return Number(/^process_id:(\d+)/m.exec(info)?.[1]);
}

/** Waits until the server has loaded its data; `false` when it ends instead. */
export async function untilLoaded(
  { connection }: OwnServer,
  say: (line: string) => void,
): Promise<boolean> {
  for (let look = 1; connection.status !== 'end'; look++) {
    try {
      await connection.ping();
      return true;
    } catch (error) {
      // Else the connection has ended, which the next look sees.
      if ((error as Error).message.startsWith('LOADING') && look === 40) {
        say('Redis is still loading its data ...');
      }
      await sleep(50);
    }
  }
  return false;
}

/** Says that this process does not use the server any more; gives how many still do. Of several that leave at once one sees 0. */
export async function leave({ connection }: OwnServer): Promise<number> {
  await connection.call('CLIENT', 'SETNAME', '');
  const list = (await connection.call('CLIENT', 'LIST')) as string;
  return list.split('\n').filter((client) => client.includes(` name=${userName} `)).length;
}
