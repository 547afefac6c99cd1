import { createHash } from 'node:crypto';
import { rmSync } from 'node:fs';
import { connect, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * Takes a data folder for this process; null when another live one has it. The claim is a listening socket, so it ends
 * with the process however that ends.
 */
export async function claim(folder: string): Promise<Server | null> {
  const name = `process-gateway-${createHash('sha256').update(folder).digest('hex').slice(0, 16)}`;
  const path =
    process.platform === 'win32' ? `\\\\.\\pipe\\${name}` : join(tmpdir(), `${name}.sock`);
  return (await listen(path)) ?? ((await answers(path)) ? null : takeOver(path));
}

function takeOver(path: string): Promise<Server | null> {
  rmSync(path, { force: true });
  return listen(path);
}

function listen(path: string): Promise<Server | null> {
  return new Promise((done, fail) => {
    const server = createServer((socket) => socket.destroy());
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') done(null);
      else fail(error);
    });
    server.listen(path, () => {
      server.unref();
      done(server);
    });
  });
}

function answers(path: string): Promise<boolean> {
  return new Promise((done) => {
    const socket = connect(path);
    socket.once('connect', () => {
      socket.destroy();
      done(true);
    });
    socket.once('error', () => {
      done(false);
    });
  });
}
