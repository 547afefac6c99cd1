import { createServer, type IncomingMessage, request as send, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pipeline } from 'node:stream/promises';
import type { Serving } from './http.ts';

/** A request as it came by. */
export interface SeenRequest {
  readonly method: string;
  /** As it was sent, without the query. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: Readonly<Record<string, string>>;
  /** Its body; empty where there was none. */
  readonly body: string;
}

/** Passes requests on to a gateway as they are, and remembers them. */
export class Recorder implements Serving {
  readonly baseUrl: string;
  readonly #server: Server;
  readonly #seen: SeenRequest[];

  private constructor(server: Server, seen: SeenRequest[]) {
    this.#server = server;
    this.#seen = seen;
    this.baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  static async before({ baseUrl }: Serving): Promise<Recorder> {
    const all: SeenRequest[] = [];
    const server = createServer((request, answer) => {
      const body: Buffer[] = [];
      request.on('data', (chunk: Buffer) => body.push(chunk));
      const { method = 'GET', url = '/', headers } = request;
      const on = send(`${baseUrl}${url}`, { method, headers }, (reply) => {
        all.push(seen(request, Buffer.concat(body)));
        answer.writeHead(reply.statusCode ?? 502, reply.headers);
        pipeline(reply, answer).catch(() => answer.destroy());
      });
      on.once('error', () => answer.destroy());
      pipeline(request, on).catch(() => on.destroy());
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return new Recorder(server, all);
  }

  /** What came by since the last time that this was asked. */
  take(): readonly SeenRequest[] {
    return this.#seen.splice(0);
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

function seen({ method = '', url = '', headers }: IncomingMessage, body: Buffer): SeenRequest {
  const [path = '', query = ''] = url.split('?');
  return {
    method,
    path,
    query: new URLSearchParams(query),
    headers: headers as Record<string, string>,
    body: body.toString('latin1'),
  };
}
