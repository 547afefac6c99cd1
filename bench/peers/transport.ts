import axios from 'axios';
import { Agent as HttpAgent, createServer } from 'node:http';
import { Agent } from 'undici';
import { undiciTransport } from '../../src/upstream/undici-transport.ts';

/** Axios with one of two transports: each request to it asks `UPSTREAM` a number of times, one after the other. */
const calls = 20;
const common = {
  responseType: 'arraybuffer',
  maxContentLength: 16 * 1_024 ** 2,
} as const;
const client =
  process.env['TRANSPORT'] === 'undici'
    ? axios.create({
        ...common,
        transformResponse: [],
        adapter: undiciTransport(new Agent({ connections: 4 })),
      })
    : axios.create({
        ...common,
        transformResponse: [],
        adapter: 'http',
        httpAgent: new HttpAgent({ keepAlive: true, maxSockets: 4 }),
        maxRedirects: 0,
      });

async function ask(): Promise<void> {
  for (let call = 0; call < calls; call += 1) await client.get(process.env['UPSTREAM'] ?? '');
}

createServer((_request, response) => {
  void ask().then(() => response.writeHead(200).end());
}).listen(Number(process.env['PORT']), '127.0.0.1');
