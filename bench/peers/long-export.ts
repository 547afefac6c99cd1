import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { request } from 'undici';
import { largeExport } from '../imports/large-export.ts';

/** A sandbox of Frends whose exports are long, and made while they are sent: the sandbox itself would hold them whole. */
const upstream = process.env['UPSTREAM'] ?? '';
const file = largeExport(Number(process.env['BYTES']), Number(process.env['PROCESS_BYTES']));
const ofConnection = ['connection', 'keep-alive', 'transfer-encoding', 'host'];

function passedOn<T>(headers: Readonly<Record<string, T>>): Record<string, T> {
  return Object.fromEntries(
    Object.entries(headers).filter(([name]) => !ofConnection.includes(name)),
  );
}

async function answer(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
  if (incoming.url?.endsWith('/export') === true) {
    outgoing.writeHead(200, { 'content-type': 'application/json', 'content-length': file.length });
    await pipeline(Readable.from(file.pieces()), outgoing);
    return;
  }
  const { statusCode, headers, body } = await request(`${upstream}${incoming.url ?? '/'}`, {
    method: incoming.method ?? 'GET',
    headers: passedOn(incoming.headers),
    body: incoming.method === 'GET' ? null : incoming,
  });
  outgoing.writeHead(statusCode, passedOn(headers));
  await pipeline(body, outgoing);
}

createServer((incoming, outgoing) => {
  // Whoever reads goes away when it likes.
  answer(incoming, outgoing).catch(() => outgoing.destroy());
}).listen(Number(process.env['PORT']), '127.0.0.1');
