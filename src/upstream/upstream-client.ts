import type { HttpService } from '@nestjs/axios';
import type { AxiosRequestConfig } from 'axios';
import { Readable } from 'node:stream';
import type { z } from 'zod';
import {
  GatewayError,
  RecalledError,
  UpstreamAuthFailedError,
  UpstreamContractError,
} from '../domain/errors.ts';
import { timeout as timeoutAfter } from '../timing/deadline.ts';
import type { Authenticator } from './authenticator.ts';
import { checked, parseJson } from './body.ts';
import { acceptedEncodings } from './inflate.ts';
import { discard, failingWith, head, headersOf, isTimeout, type Raw } from './raw-answer.ts';
import { urlOf } from './request-url.ts';
import { readingOf } from './rereading.ts';
import { remembered } from './remembered.ts';
import type { Resilience } from './resilience.ts';
import type { JsonAnswer, UpstreamAnswer, UpstreamCall } from './upstream-call.ts';
import {
  credentialFailure,
  refusal,
  transportFailure,
  type UpstreamName,
} from './upstream-errors.ts';
import type { ExplainFailure } from './upstream-failure.ts';

/** What a connection's client is made of. */
export interface UpstreamClientOptions {
  readonly name: UpstreamName;
  readonly http: HttpService;
  readonly baseUrl: URL;
  readonly auth: Authenticator;
  readonly resilience: Resilience;
  readonly explain: ExplainFailure;
  /** Sent with every request, as the environment or folder of the connection. */
  readonly headers: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  readonly maxBodyBytes: number;
}

/** The headers that sign a request. */
type Credential = Readonly<Record<string, string>>;

/** Repeated bad sign-ins lock accounts: after a refused credential the upstream is left alone for so long. */
const refusalHoldMs = 15_000;

/**
 * HTTP towards one upstream: signs, limits, retries what can be repeated, and turns everything that goes wrong into the
 * errors of the domain. No axios error, no credential and no upstream header but those of an answer leave it.
 */
export class UpstreamClient {
  readonly #options: UpstreamClientOptions;
  /** The newest credential that was fetched as an upload was answered 401; null once that was refused as well. */
  #fetchedAnew: string | null = null;
  #refused: { readonly until: number; readonly error: UpstreamAuthFailedError } | null = null;

  constructor(options: UpstreamClientOptions) {
    this.#options = options;
  }

  /** Whom the errors name. */
  get name(): UpstreamName {
    return this.#options.name;
  }

  /** The JSON of an answer, checked; a status of `absent` gives null. */
  async json<S extends z.ZodType>(
    schema: S,
    call: UpstreamCall,
  ): Promise<JsonAnswer<z.output<S>> | null> {
    const answer = await this.#send(call, 'arraybuffer');
    if (call.absent?.includes(answer.status) === true) return null;
    const headers = headersOf(answer);
    const bytes = answer.data as Buffer;
    const broken = (problem: string) => this.#broken(call, problem);
    const body = checked(schema, parseJson(bytes, headers, broken), broken);
    return { status: answer.status, headers, body, bytes };
  }

  /** The text of an answer, whatever its type says; a status of `absent` gives null. */
  async text(call: UpstreamCall): Promise<UpstreamAnswer<string> | null> {
    const answer = await this.#send(call, 'arraybuffer');
    if (call.absent?.includes(answer.status) === true) return null;
    const body = (answer.data as Buffer).toString('utf8');
    return { status: answer.status, headers: headersOf(answer), body };
  }

  /** An answer as it streams in, never kept whole, failing with the domain's errors; a status of `absent` gives null. */
  async stream(call: UpstreamCall): Promise<UpstreamAnswer<Readable> | null> {
    const answer = await this.#send(call, 'stream');
    const content = answer.data as Readable;
    if (call.absent?.includes(answer.status) === true) {
      content.destroy();
      return null;
    }
    const { name, auth } = this.#options;
    const body = failingWith(content, (error) =>
      transportFailure({ error, name, call, timedOut: isTimeout(error), secrets: auth.secrets() }),
    );
    return { status: answer.status, headers: headersOf(answer), body };
  }

  #broken(call: UpstreamCall, problem: string): UpstreamContractError {
    const { name } = this.#options;
    return new UpstreamContractError(
      `${name.title} (${name.connection}) answered ${call.method ?? 'GET'} ${call.path} with something that is not its contract: ${problem}.`,
      { connection: name.connection, platform: name.platform, sent: 'maybe' },
    );
  }

  /** A write that fails before it has left was not sent, whatever it was waiting for. */
  async #send(call: UpstreamCall, responseType: 'arraybuffer' | 'stream'): Promise<Raw> {
    if ((call.method ?? 'GET') === 'GET') return this.#tried(call, responseType);
    const written = { is: false };
    const permit = (): void => {
      call.permit?.();
      written.is = true;
    };
    try {
      return await this.#tried({ ...call, permit }, responseType);
    } catch (error) {
      throw written.is ? error : neverWritten(error);
    }
  }

  async #tried(call: UpstreamCall, responseType: 'arraybuffer' | 'stream'): Promise<Raw> {
    const { resilience } = this.#options;
    const isGet = (call.method ?? 'GET') === 'GET';
    const attempt = (signal: AbortSignal) => (): Promise<Raw> =>
      this.#signed({ ...call, signal }, responseType);
    const once = (signal: AbortSignal): Promise<Raw> =>
      resilience.once(attempt(signal), signal, call.path);
    const send = (signal: AbortSignal): Promise<Raw> =>
      (call.repeatable ?? isGet)
        ? resilience.repeatedly(attempt(signal), signal, call.path)
        : once(signal);
    const reading = readingOf(call.signal);
    if (reading === undefined) return send(call.signal);
    if (isGet && responseType === 'arraybuffer')
      return reading.ask(
        `${urlOf(this.#options.baseUrl, call)}\n${JSON.stringify(call.headers)}`,
        { send, once },
        call.signal,
      );
    reading.isRepeatable = false;
    return send(call.signal);
  }

  /** One try, and on a 401 another one with renewed credentials; a body that streams cannot be sent by it once more. */
  async #signed(call: UpstreamCall, responseType: 'arraybuffer' | 'stream'): Promise<Raw> {
    const { auth } = this.#options;
    const leftMs = (this.#refused?.until ?? 0) - Date.now();
    if (this.#refused !== null && leftMs > 0) throw remembered(this.#refused.error, leftMs);
    const credential = await this.#credential(call, () => auth.headers(call.signal));
    const first = await this.#exchange(call, credential, responseType);
    if (first.status !== 401) return this.#accepted(call, first);
    const renewed = await this.#renewed(call, credential).catch((error: unknown) => {
      discard(first);
      throw neverWritten(error);
    });
    if (renewed === null) return this.#accepted(call, first);
    if (call.body instanceof Readable) return this.#turnedAway(call, first, credential, renewed);
    discard(first);
    return this.#accepted(call, await this.#exchange(call, renewed, responseType));
  }

  /** Another credential than the one that was answered 401; null where there is none. */
  async #renewed(call: UpstreamCall, rejected: Credential): Promise<Credential | null> {
    const { auth } = this.#options;
    const isRenewed = await this.#credential(call, () => auth.renew(rejected, call.signal));
    return isRenewed ? this.#credential(call, () => auth.headers(call.signal)) : null;
  }

  /**
   * A 401 proves that nothing was taken, so whoever has the body again may send it as if it had not left, with the credential
   * that was fetched for it. Where that one is refused as well, it is the platform's word.
   */
  async #turnedAway(
    call: UpstreamCall,
    answer: Raw,
    refused: Credential,
    renewed: Credential,
  ): Promise<Raw> {
    const wasRenewed = this.#fetchedAnew === JSON.stringify(refused);
    this.#fetchedAnew = wasRenewed ? null : JSON.stringify(renewed);
    if (wasRenewed) return this.#accepted(call, answer);
    throw neverWritten(await this.#failureOf(call, answer));
  }

  /** A credential may lie in a file that is gone, and a caller may give up while a token is fetched. */
  async #credential<T>(call: UpstreamCall, ask: () => Promise<T>): Promise<T> {
    try {
      return await ask();
    } catch (error) {
      if (error instanceof GatewayError) throw error;
      throw credentialFailure({ error, name: this.#options.name, call });
    }
  }

  async #exchange(
    call: UpstreamCall,
    credential: Credential,
    responseType: 'arraybuffer' | 'stream',
  ): Promise<Raw> {
    const { http, timeoutMs, headers, maxBodyBytes, name, auth } = this.#options;
    await call.spend?.();
    const timeout = timeoutAfter(call.timeoutMs ?? timeoutMs);
    const config: AxiosRequestConfig = {
      url: urlOf(this.#options.baseUrl, call),
      method: call.method ?? 'GET',
      headers: {
        accept: 'application/json',
        'accept-encoding': acceptedEncodings,
        ...headers,
        ...call.headers,
        ...credential,
      },
      data: call.body,
      responseType,
      signal: AbortSignal.any([timeout, call.signal]),
      maxContentLength: call.maxBytes ?? maxBodyBytes,
    };
    call.permit?.();
    try {
      return await http.axiosRef.request<Buffer | Readable>(config);
    } catch (error) {
      throw transportFailure({
        error,
        name,
        call,
        timedOut: timeout.aborted,
        secrets: auth.secrets(),
      });
    }
  }

  async #accepted(call: UpstreamCall, answer: Raw): Promise<Raw> {
    const { status } = answer;
    if ((status >= 200 && status < 300) || call.absent?.includes(status) === true) return answer;
    const failure = await this.#failureOf(call, answer);
    if (status === 401) this.#holdBack(failure);
    throw failure;
  }

  async #failureOf(call: UpstreamCall, answer: Raw): Promise<GatewayError> {
    const { name, auth, explain } = this.#options;
    const text = await head(answer.data);
    return refusal({
      name,
      call,
      answer: { status: answer.status, headers: headersOf(answer), text },
      explain,
      secrets: auth.secrets(),
    });
  }

  #holdBack(error: GatewayError): void {
    if (error instanceof UpstreamAuthFailedError)
      this.#refused = { until: Date.now() + refusalHoldMs, error };
  }
}

function neverWritten(error: unknown): unknown {
  if (!(error instanceof GatewayError) || error.details.sent !== 'maybe') return error;
  return new RecalledError(error, error.message, { ...error.details, sent: 'no', cause: error });
}
