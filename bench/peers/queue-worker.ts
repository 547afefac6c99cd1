import { Worker } from 'bullmq';
import { createServer } from 'node:http';

/** A bare worker of BullMQ, which does nothing with any job. */
const worker = new Worker(process.env['QUEUE'] ?? '', () => Promise.resolve(), {
  connection: { url: process.env['REDIS_URL'] ?? '', maxRetriesPerRequest: null },
  prefix: 'bench',
  skipVersionCheck: true,
  concurrency: 1,
});
await worker.waitUntilReady();

// Who starts it looks whether it answers.
createServer((_incoming, outgoing) => {
  outgoing.writeHead(204).end();
}).listen(Number(process.env['PORT']), '127.0.0.1');
