import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/** Addresses of a test, whose connections end with it. */
export class Lines {
  readonly #sockets = new Set<Socket>();
  readonly #servers = new Set<Server>();

  /** An address whose connections go wherever that says. */
  async open(take: (socket: Socket) => void): Promise<URL> {
    const server = createServer((socket) => {
      take(this.#kept(socket));
    });
    this.#servers.add(server.listen(0, '127.0.0.1'));
    await once(server, 'listening');
    return new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  }

  /** Another one, to where somebody answers; when one of them breaks, both do. */
  to(endpoint: string, from: Socket): Socket {
    const onward = this.#kept(connect(Number(new URL(endpoint).port), '127.0.0.1'));
    onward.on('close', () => from.destroy());
    from.on('close', () => onward.destroy());
    return onward;
  }

  #kept(socket: Socket): Socket {
    this.#sockets.add(socket.on('error', () => undefined));
    return socket;
  }

  close(): void {
    for (const each of this.#sockets) each.destroy();
    for (const each of this.#servers) each.close();
  }
}
