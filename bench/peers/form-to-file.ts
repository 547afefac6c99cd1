import { Busboy } from '@fastify/busboy';
import { createHash, randomUUID } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

/** Bare node:http and busboy: the file of a form goes to disk while its SHA-256 is taken, and away again. Nothing is looked into. */
async function stored(content: Readable): Promise<string> {
  const file = join(tmpdir(), `bench-${randomUUID()}`);
  const hash = createHash('sha256');
  const hashed = async function* (chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    for await (const chunk of chunks) {
      hash.update(chunk);
      yield chunk;
    }
  };
  await pipeline(content, hashed, createWriteStream(file, { flush: true }));
  await rm(file);
  return hash.digest('hex');
}

createServer((incoming, outgoing) => {
  // Who starts it looks whether it answers.
  if (incoming.method !== 'POST') {
    outgoing.writeHead(204).end();
    return;
  }
  const form = new Busboy({
    headers: { 'content-type': incoming.headers['content-type'] ?? '' },
  });
  form.on('file', (_name, content) => {
    void stored(content).then((sha256) => {
      outgoing.writeHead(202, { 'content-type': 'application/json' });
      outgoing.end(JSON.stringify({ sha256 }));
    });
  });
  incoming.pipe(form);
}).listen(Number(process.env['PORT']), '127.0.0.1');
