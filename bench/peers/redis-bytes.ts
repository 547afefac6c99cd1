import fastify from 'fastify';
import { Redis } from 'ioredis';

/** Bare Fastify and ioredis: the same bytes out of one key. */
const redis = new Redis(process.env['REDIS_URL'] ?? '');
const app = fastify();

app.get('/', async (_request, reply) => {
  const body = await redis.getBuffer(process.env['KEY'] ?? '');
  return reply.header('content-type', 'application/json; charset=utf-8').send(body);
});

await app.listen({ host: '127.0.0.1', port: Number(process.env['PORT']) });
