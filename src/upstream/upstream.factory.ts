import { HttpService } from '@nestjs/axios';
import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import axios from 'axios';
import { Agent } from 'undici';
import type { ConnectionConfig } from '../config/connection.config.ts';
import { anonymous, type Authenticator } from './authenticator.ts';
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
const keepAliveMs = 30_000;
const connectTimeoutMs = 5_000;
/** The per-request timeouts decide; these only catch what they cannot see. */
const socketTimeoutMs = 20 * 60_000;
const breakAfter = 5;
const halfOpenAfterMs = 5_000;

/** Opens the way to upstreams: one keep-alive pool, one circuit breaker and one limit of concurrency per connection. */
@Injectable()
export class UpstreamFactory implements OnApplicationShutdown {
  readonly #agents: Agent[] = [];

  open(connection: ConnectionConfig, dialect: UpstreamDialect): UpstreamClient {
    const { concurrency, timeout, maxBody, id, platform } = connection;
    const common = {
      name: { connection: id, platform, title: dialect.title },
      http: this.#http(concurrency),
      timeoutMs: timeout,
      maxBodyBytes: maxBody,
    };
    const resilience = (): Resilience =>
      new Resilience({ concurrency, breakAfter, halfOpenAfterMs });
    const unsigned: OpenUnsigned = (baseUrl) =>
      new UpstreamClient({
        ...common,
        baseUrl,
        auth: anonymous,
        resilience: resilience(),
        explain: explainGeneric,
        headers: { 'user-agent': userAgent },
      });
    return new UpstreamClient({
      ...common,
      baseUrl: connection.baseUrl,
      auth: dialect.auth(unsigned),
      resilience: resilience(),
      explain: dialect.explain,
      headers: { 'user-agent': userAgent, ...dialect.headers },
    });
  }

  async onApplicationShutdown(): Promise<void> {
    await Promise.all(this.#agents.map((agent) => agent.close()));
  }

  #http(concurrency: number): HttpService {
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
