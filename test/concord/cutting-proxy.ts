import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Stands before a server: what it answers to a request of `method` arrives here, and goes no further. */
export interface CuttingProxy {
  readonly url: string;
  /** Statuses of the answers that were kept back. */
  readonly kept: readonly number[];
  close(): Promise<void>;
}

export async function startCuttingProxy(target: string, method: string): Promise<CuttingProxy> {
  const kept: number[] = [];
  const server = createServer((incoming, response) => {
    const onward = request(
      new URL(incoming.url ?? '/', target),
      {
        method: incoming.method ?? 'GET',
        headers: { ...incoming.headers, host: new URL(target).host },
      },
      (answer) => {
        const status = answer.statusCode ?? 0;
        if (incoming.method !== method) {
          response.writeHead(status, answer.headers);
          answer.pipe(response);
          return;
        }
        answer.resume().on('end', () => {
          kept.push(status);
          incoming.socket.destroy();
        });
      },
    );
    onward.on('error', () => response.destroy());
    incoming.pipe(onward);
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    kept,
    close: () =>
      new Promise((done) => {
        server.closeAllConnections();
        server.close(() => {
          done();
        });
      }),
  };
}
