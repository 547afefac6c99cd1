import { afterAll, afterEach, beforeAll } from '@jest/globals';
import { type Sandbox, startSandbox } from '../kit/sandbox.ts';
import { frendsSandbox } from './frends.sandbox.ts';

export type Json = Record<string, unknown>;

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly body: Json;
}

export async function send(
  url: string,
  method: string,
  path: string,
  body?: object | FormData,
): Promise<Answer> {
  const isForm = body instanceof FormData;
  const answer = await fetch(url + path, {
    method,
    headers: {
      authorization: 'Bearer sandbox-token',
      ...(body === undefined || isForm ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: isForm ? body : JSON.stringify(body) }),
  });
  const text = await answer.text();
  const isJson = (answer.headers.get('content-type') ?? '').includes('json');
  const parsed = isJson && text !== '' ? (JSON.parse(text.replace(/^\uFEFF/, '')) as Json) : {};
  return { status: answer.status, headers: answer.headers, text, body: parsed };
}

/** A sandbox with its first state for each test, and how its specs call it. */
export class CalledFrends {
  #sandbox: Sandbox | null = null;
  smokeTest = { guid: '', id: 0, deploymentId: 0 };

  constructor() {
    beforeAll(async () => {
      this.#sandbox = await startSandbox(frendsSandbox);
      const { body } = await this.api('GET', '/process-deployments?processName=smoke%20test');
      const [found] = body['data'] as Json[];
      this.smokeTest = {
        guid: String(found?.['processGuid']),
        id: Number(found?.['processId']),
        deploymentId: Number(found?.['deploymentId']),
      };
    });
    afterEach(() => {
      this.#sandbox?.reset();
    });
    afterAll(() => this.#sandbox?.close());
  }

  get url(): string {
    return this.#started.url;
  }

  /** What has changed, in order. */
  get effects(): readonly string[] {
    return this.#started.ledger().map((each) => each.effect);
  }

  api(method: string, path: string, body?: object | FormData): Promise<Answer> {
    return send(this.url, method, `/api/v1${path}`, body);
  }

  get #started(): Sandbox {
    if (this.#sandbox === null) throw new Error('the sandbox has not been started yet');
    return this.#sandbox;
  }
}
