import { Writable } from 'node:stream';
import { describe, expect, it } from '@jest/globals';
import Fastify from 'fastify';
import { pino } from 'pino';
import { StoreUnavailableError } from '../domain/errors.ts';
import { sendProblem } from './problem.filter.ts';

interface Told {
  readonly outcome: unknown;
  readonly lines: readonly string[];
}

/** What is answered, and logged, where a request fails because Redis does. */
async function failed(method: 'GET' | 'POST'): Promise<Told> {
  const lines: string[] = [];
  const written = new Writable({
    write(chunk: Buffer, _encoding, done): void {
      lines.push(String(chunk));
      done();
    },
  });
  const app = Fastify();
  const cause = new Error('READONLY You can not write');
  const error = new StoreUnavailableError('Redis fails.', { outcome: 'not_sent', cause });
  app.route({
    method,
    url: '/',
    handler: (request, reply) => {
      sendProblem(error, request, reply, pino(written));
    },
  });
  const answer = await app.inject({ method, url: '/' });
  await app.close();
  const { outcome } = answer.json<{ outcome: unknown }>();
  return { outcome, lines };
}

describe('a problem of the store', () => {
  it('says of a write that it was not sent, and nothing of a read', async () => {
    expect((await failed('POST')).outcome).toBe('not_sent');
    expect((await failed('GET')).outcome).toBeNull();
  });

  it('has its cause in the log', async () => {
    const { lines } = await failed('GET');
    expect(lines).toEqual([expect.stringContaining('READONLY You can not write')]);
  });
});
