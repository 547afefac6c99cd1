import { Queue } from 'bullmq';
import { createServer } from 'node:http';
import { buffer } from 'node:stream/consumers';

/** Bare node:http and BullMQ: the body of each request becomes a job, which the answer says. */
const connection = { url: process.env['REDIS_URL'] ?? '', maxRetriesPerRequest: null };
const queue = new Queue(process.env['QUEUE'] ?? '', {
  connection,
  prefix: 'bench',
  skipVersionCheck: true,
});

createServer((incoming, outgoing) => {
  void buffer(incoming).then(async (body) => {
    // Who starts it looks whether it answers.
    if (incoming.method !== 'POST') {
      outgoing.writeHead(204).end();
      return;
    }
    const { id } = await queue.add('import', { body: body.toString() });
    outgoing.writeHead(202, { 'content-type': 'application/json' }).end(JSON.stringify({ id }));
  });
}).listen(Number(process.env['PORT']), '127.0.0.1');
