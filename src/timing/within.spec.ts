import { describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { inTime, within } from './within.ts';

const never = new Promise<never>(() => undefined);

describe('a promise with a time', () => {
  it('gives what it gives, or null when its time is over first', async () => {
    expect(await within(Promise.resolve('kept'), 1_000)).toBe('kept');
    expect(await within(never, 1)).toBeNull();
    await expect(within(Promise.reject(new Error('lost')), 1_000)).rejects.toThrow('lost');
  });

  it('may come too late to be heard, whether it fails or not', async () => {
    let fail: (error: Error) => void = () => undefined;
    const late = new Promise<never>((_resolve, reject) => {
      fail = reject;
    });
    await expect(inTime(late, 1)).rejects.toThrow('no answer within 1 ms');
    fail(new Error('nobody waits for this'));
    await expect(late).rejects.toThrow();
  });

  it('is not late because this process was busy when its answer arrived', async () => {
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const connected = once(server, 'connection') as Promise<[Socket]>;
    const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
    const [otherEnd] = await connected;
    const answered = inTime(once(socket, 'data'), 20);
    otherEnd.end('answer');
    for (const until = Date.now() + 60; Date.now() < until;);
    expect(String((await answered)[0])).toBe('answer');
    socket.destroy();
    server.close();
  });
});
