import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Stands before a server, notes what it is asked, and may keep answers back: what was asked has happened then, and nobody is told. */
export interface Proxy {
  readonly url: string;
  /** What was asked, as `GET /api/v2/process?limit=1`. */
  readonly requests: readonly string[];
  /** Statuses of the answers that were kept back. */
  readonly kept: readonly number[];
  close(): Promise<void>;
}

/** Starts one that keeps back the answers to requests of the method `cut`; to none when it is null. */
export async function startProxy(target: string, cut: string | null = null): Promise<Proxy> {
  const requests: string[] = [];
  const kept: number[] = [];
  const server = createServer((incoming, response) => {
    const { method = 'GET', url = '' } = incoming;
    requests.push(`${method} ${url}`);
    const headers = { ...incoming.headers, host: new URL(target).host };
    const onward = request(new URL(url, target), { method, headers }, (answer) => {
      const status = answer.statusCode ?? 0;
      if (method !== cut) {
        response.writeHead(status, answer.headers);
        answer.pipe(response);
        return;
      }
      answer.resume().on('end', () => {
        kept.push(status);
        incoming.socket.destroy();
      });
    });
    onward.on('error', () => response.destroy());
    incoming.pipe(onward);
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
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
