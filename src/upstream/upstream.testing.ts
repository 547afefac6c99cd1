import { afterAll, afterEach, beforeAll } from '@jest/globals';
import { once } from 'node:events';
import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import { z } from 'zod';
import { connectionFields } from '../config/connection.config.ts';
import { GatewayError } from '../domain/errors.ts';
import { deadline } from '../timing/deadline.ts';
import { anonymous } from './authenticator.ts';
import type { UpstreamCall } from './upstream-call.ts';
import type { UpstreamClient } from './upstream-client.ts';
import { explainGeneric } from './upstream-failure.ts';
import { type UpstreamDialect, UpstreamFactory } from './upstream.factory.ts';

/** What was asked of an upstream. */
export interface Asked {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
}

/** A server that answers as its test says, and the clients that ask it; there for as long as the specs of a file run. */
export class TestUpstream {
  readonly requests: Asked[] = [];
  /** Called when the request is among `requests`. */
  answer: (response: ServerResponse, request: IncomingMessage) => void = fine;
  readonly #upstreams = new UpstreamFactory();
  readonly #server = createServer((request, response) => {
    const { method = '', url = '', headers } = request;
    this.requests.push({ method, url, headers });
    this.answer(response, request);
  });

  constructor() {
    beforeAll(async () => {
      this.#server.listen(0, '127.0.0.1');
      await once(this.#server, 'listening');
    });
    afterEach(() => {
      this.requests.length = 0;
      this.#server.closeAllConnections();
    });
    afterAll(async () => {
      await this.#upstreams.onApplicationShutdown();
      this.#server.closeAllConnections();
      this.#server.close();
    });
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** A client of a connection; `changes` replaces settings. */
  open(changes: object = {}, auth: UpstreamDialect['auth'] = () => anonymous): UpstreamClient {
    const fields = z
      .object(connectionFields)
      .parse({ baseUrl: this.url, timeout: '5s', ...changes });
    return this.#upstreams.open(
      { ...fields, id: 'test', platform: 'test' },
      { title: 'Test', explain: explainGeneric, auth },
    );
  }

  /** Fails so many times, counted from the first of `requests`, before it is well. */
  fail(times: number, status: number, headers: object = {}): void {
    this.answer = (response) => {
      if (this.requests.length <= times) refuse(response, status, headers);
      else fine(response);
    };
  }
}

export function fine(response: ServerResponse): void {
  response.setHeader('content-type', 'application/json').end('{"ok":true}');
}

export function refuse(response: ServerResponse, status: number, headers: object = {}): void {
  response.writeHead(status, { ...headers }).end();
}

export function hang(): void {
  // Never answered.
}

/** Asks for `/things` and says how that went: `ok`, or the code of the error. */
export async function ask(
  client: UpstreamClient,
  signal = deadline(10_000),
  changes: Partial<UpstreamCall> = {},
): Promise<string> {
  try {
    await client.json(z.object({ ok: z.boolean() }), { path: '/things', signal, ...changes });
    return 'ok';
  } catch (error) {
    return error instanceof GatewayError ? error.code : `leaked: ${String(error)}`;
  }
}

export async function until(isTrue: () => boolean): Promise<void> {
  while (!isTrue()) await new Promise((done) => setTimeout(done, 5));
}
