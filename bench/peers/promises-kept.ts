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
 * its name, then a record of it stored and found in the list of all, and only then a job added. Nothing is checked, and
 * nothing kept from happening twice.
 */
const url = process.env['REDIS_URL'] ?? '';
const redis = new Redis(url);
const queue = new Queue(process.env['QUEUE'] ?? '', {
  connection: { url, maxRetriesPerRequest: null },
  prefix: 'bench',
  skipVersionCheck: true,
});
const folder = process.env['FILES'] ?? '';
const json = { 'content-type': 'application/json' };

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
  // Its name has to be on the disk, too.
  const names = await open(folder);
  await names.sync();
  await names.close();
  return id;
}

/** Takes an import in; gives the id of its record. */
async function accepted(content: Buffer): Promise<string> {
  const sha256 = createHash('sha256').update(content).digest('hex');
  const file = await stored(content);
  const id = randomUUID();
  const record = `bench:record:${id}`;
  const replies = await redis
    .multi()
    .hset(record, 'doc', JSON.stringify({ file, sha256 }), 'revision', 1)
    .zadd('bench:records', Date.now(), id)
    .exec();
  for (const [error] of replies ?? []) if (error !== null) throw error;
  await queue.add('import', { id });
  return id;
}

createServer((incoming, outgoing) => {
  // Who starts it looks whether it answers.
  if (incoming.method !== 'POST') {
    outgoing.writeHead(204).end();
    return;
  }
  contentOf(incoming)
    .then(accepted)
    .then(
      (id) => {
        outgoing.writeHead(202, json).end(JSON.stringify({ id }));
      },
      (error: unknown) => {
        outgoing.writeHead(500, json).end(JSON.stringify({ error: String(error) }));
      },
    );
}).listen(Number(process.env['PORT']), '127.0.0.1');
