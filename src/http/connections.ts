import type { FastifyInstance } from 'fastify';

/**
 * `connectionTimeout` is of the whole connection, and would cut off slow answers and slow readers as well. Node asks the
 * request, while it is not whole, and its answer first; where neither has anything to say it closes the connection.
 */
export function cutOffStalled(app: FastifyInstance): void {
  app.addHook('onRequest', (request, reply, done) => {
    request.raw.once('timeout', () => request.raw.destroy());
    reply.raw.on('timeout', () => undefined);
    done();
  });
}

/** What is answered while the server closes would keep its connection, and with it the process, until that has idled. */
export function closeConnections(app: FastifyInstance): void {
  let isClosing = false;
  app.addHook('preClose', (done) => {
    isClosing = true;
    done();
  });
  app.addHook('onSend', (_request, reply, _payload, done) => {
    if (isClosing) void reply.header('connection', 'close');
    done();
  });
}
