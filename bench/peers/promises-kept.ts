import { Busboy } from '@fastify/busboy';
import { Queue } from 'bullmq';
import { Redis } from 'ioredis';
import { createHash, randomUUID } from 'node:crypto';
import { open, rename } from 'node:fs/promises';
import { createServer, type IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';

/**
 * What taking in an import durably costs at least, on bare node:http: the form is parsed, its file hashed and on disk under
 * its name, then a record of it stored, and only then a job added. Nothing is checked, and nothing kept from happening twice.
 */
const url = process.env['REDIS_URL'] ?? '';
const redis = new Redis(url);
const queue = new Queue(process.env['QUEUE'] ?? '', {
  connection: { url, maxRetriesPerRequest: null },
  prefix: 'bench',
  skipVersionCheck: true,
});
const folder = process.env['FILES'] ?? '';

function contentOf(incoming: IncomingMessage): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const type = incoming.headers['content-type'] ?? '';
    const form = new Busboy({ headers: { 'content-type': type } });
    form.on('file', (_name, content) => {
      buffer(content).then(resolve, reject);
    });
    form.on('error', reject);
    incoming.pipe(form);
  });
}

async function stored(content: Buffer): Promise<string> {
  const id = randomUUID();
  const file = await open(join(folder, `${id}.part`), 'wx', 0o600);
  await file.writeFile(content);
  await file.sync();
  await file.close();
  await rename(join(folder, `${id}.part`), join(folder, id));
  return id;
}

createServer((incoming, outgoing) => {
  // Who starts it looks whether it answers.
  if (incoming.method !== 'POST') {
    outgoing.writeHead(204).end();
    return;
  }
  void contentOf(incoming).then(async (content) => {
    const sha256 = createHash('sha256').update(content).digest('hex');
    const file = await stored(content);
    const id = randomUUID();
    await redis.hset(`bench:record:${id}`, 'doc', JSON.stringify({ file, sha256 }), 'revision', 1);
    await queue.add('import', { id });
    outgoing.writeHead(202, { 'content-type': 'application/json' }).end(JSON.stringify({ id }));
  });
}).listen(Number(process.env['PORT']), '127.0.0.1');
