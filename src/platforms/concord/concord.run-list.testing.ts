import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A server with `count` runs, to which `drift` come with every answer; one that is `stuck` knows no offset. */
export async function listOf(
  count: number,
  drift = 0,
  stuck = false,
): Promise<{
  url: string;
  ids: readonly string[];
  asked: () => number;
  close: () => Promise<void>;
}> {
  const ids = Array.from({ length: count }, () => randomUUID());
  const all = [...ids];
  let asked = 0;
  const server = createServer((request, response) => {
    asked += 1;
    const query = new URL(request.url ?? '', 'http://localhost').searchParams;
    const offset = stuck ? 0 : Number(query.get('offset'));
    const page = all.slice(offset, offset + Number(query.get('limit')));
    all.unshift(...Array.from({ length: drift }, () => randomUUID()));
    const body = page.map((instanceId) => ({ instanceId, status: 'RUNNING' }));
    response.setHeader('content-type', 'application/json').end(JSON.stringify(body));
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    ids,
    asked: () => asked,
    close: () =>
      new Promise((done) => {
        server.closeAllConnections();
        server.close(() => {
          done();
        });
      }),
  };
}
