import { createServer } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { Agent, request } from 'undici';

/** A bare proxy on node:http and undici: one address upstream, whatever is asked, streamed as it comes. */
const dispatcher = new Agent({ connections: 4, pipelining: 1 });
const upstream = process.env['UPSTREAM'] ?? '';
const authorization = process.env['AUTHORIZATION'] ?? '';
const passedOn = ['content-type', 'content-length'] as const;

createServer((incoming, outgoing) => {
  // Who starts it looks whether it answers.
  if (incoming.method !== 'GET' || incoming.url !== '/log') {
    outgoing.writeHead(204).end();
    return;
  }
  void request(upstream, { dispatcher, headers: { authorization } }).then(
    async ({ statusCode, headers, body }) => {
      const heads = passedOn.flatMap((name) => {
        const value = headers[name];
        return value === undefined ? [] : [[name, value] as const];
      });
      outgoing.writeHead(statusCode, Object.fromEntries(heads));
      await pipeline(body, outgoing);
    },
  );
}).listen(Number(process.env['PORT']), '127.0.0.1');
