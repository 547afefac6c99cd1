import { HttpService } from '@nestjs/axios';
import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import axios from 'axios';
import { Agent } from 'undici';
import type { ConnectionConfig } from '../config/connection.config.ts';
import { anonymous, type Authenticator, fixedHeaders } from './authenticator.ts';
import { Resilience } from './resilience.ts';
import type { OpenUnsigned } from './standard-auth.ts';
import { undiciTransport } from './undici-transport.ts';
import { UpstreamClient } from './upstream-client.ts';
import { type ExplainFailure, explainGeneric } from './upstream-failure.ts';

/** What a platform adds to a connection's configuration. */
export interface UpstreamDialect {
  /** The platform's name for people. */
  readonly title: string;
  /** Sent with every request. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly explain: ExplainFailure;
  /** How requests are signed; `open` gives a client for the token endpoint. */
  readonly auth: (open: OpenUnsigned) => Authenticator;
}

const userAgent = 'process-gateway';
const closeWithinMs = 2_000;
const keepAliveMs = 30_000;
const connectTimeoutMs = 5_000;
/** The per-request timeouts decide; these only catch what they cannot see. */
const leastSocketMs = 20 * 60_000;
const afterImportMs = 60_000;
const breakAfter = 5;
const halfOpenAfterMs = 5_000;

/** Opens the way to upstreams: one keep-alive pool, one circuit breaker and one limit of concurrency per connection. */
@Injectable()
export class UpstreamFactory implements OnApplicationShutdown {
  readonly #agents: Agent[] = [];

  open(connection: ConnectionConfig, dialect: UpstreamDialect): UpstreamClient {
    const { concurrency, timeout, importTimeout, maxBody, id, platform } = connection;
    const name = { connection: id, platform, title: dialect.title };
    const common = {
      name,
      http: this.#http(concurrency, Math.max(leastSocketMs, importTimeout + afterImportMs)),
      timeoutMs: timeout,
      maxBodyBytes: maxBody,
    };
    const resilience = (): Resilience =>
      new Resilience({ name, concurrency, breakAfter, halfOpenAfterMs });
    let auth: Authenticator = anonymous;
    const unsigned: OpenUnsigned = (baseUrl) =>
      new UpstreamClient({
        ...common,
        baseUrl,
        // A token endpoint sees the connection's secrets in its requests, and may repeat them in its errors.
        auth: fixedHeaders(
          () => ({}),
          () => auth.secrets(),
        ),
        resilience: resilience(),
        explain: explainGeneric,
        headers: { 'user-agent': userAgent },
      });
    auth = dialect.auth(unsigned);
    return new UpstreamClient({
      ...common,
      baseUrl: connection.baseUrl,
      auth,
      resilience: resilience(),
      explain: dialect.explain,
      headers: { 'user-agent': userAgent, ...dialect.headers },
    });
  }

  /** Lets requests under way finish where that is soon done; one that hangs must not keep the process. */
  async onApplicationShutdown(): Promise<void> {
    const closed = Promise.all(this.#agents.map((agent) => agent.close()));
    const late = setTimeout(() => {
      for (const agent of this.#agents) void agent.destroy();
    }, closeWithinMs);
    await closed;
    clearTimeout(late);
  }

  #http(concurrency: number, socketTimeoutMs: number): HttpService {
    const agent = new Agent({
      connections: concurrency,
      keepAliveTimeout: keepAliveMs,
      connect: { timeout: connectTimeoutMs },
      headersTimeout: socketTimeoutMs,
      bodyTimeout: socketTimeoutMs,
    });
    this.#agents.push(agent);
    return new HttpService(
      axios.create({
        adapter: undiciTransport(agent),
        // Bodies pass as they are: what they mean is checked at the edge of the adapter, not guessed here.
        transformRequest: [(data: unknown) => data],
        transformResponse: [],
      }),
    );
  }
}
