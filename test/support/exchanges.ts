import { readFileSync } from 'node:fs';
import type { RecordedExchange } from '../../src/sandbox/kit/record.ts';
import type { Exchange } from '../../src/sandbox/kit/sandbox.ts';
import { overlays } from '../contracts/overlays.ts';
import { namedApiDocument } from './api-document.ts';

/** How the gateway introduces itself to platforms; other requests are those that a test makes by hand. */
const ownAgent = 'process-gateway';
/** Where tests point a connection that is configured wrongly. */
const wrongBase = '/wrong/';

/** What went over the wire, by platform. */
export class Exchanges {
  readonly #seen = new Map<string, Exchange[]>();

  add(platform: string, exchange: Exchange): void {
    const seen = this.#seen.get(platform);
    if (seen === undefined) this.#seen.set(platform, [exchange]);
    else seen.push(exchange);
  }

  /** How many there were, by platform. */
  counts(): Record<string, number> {
    return Object.fromEntries([...this.#seen].map(([platform, { length }]) => [platform, length]));
  }

  /** One line for each request of an adapter and each answer of a sandbox that is not as its API document says. */
  async violations(): Promise<string[]> {
    const found: string[] = [];
    for (const [platform, exchanges] of this.#seen) {
      const overlay = overlays[platform];
      if (overlay === undefined) continue;
      const document = await namedApiDocument(overlay);
      for (const exchange of exchanges) {
        if (exchange.url.startsWith(wrongBase)) continue;
        if (exchange.requestHeaders['user-agent'] === ownAgent) document.observe(exchange);
        else document.observeAnswer(exchange);
      }
      found.push(...document.violations());
    }
    return found;
  }
}

/** What sandboxes in a process of their own have recorded. */
export function recordedExchanges(file: string): Exchanges {
  const exchanges = new Exchanges();
  const lines = readFileSync(file, 'utf8').split('\n').slice(0, -1);
  for (const line of lines) {
    const { sandbox, requestBody, ...rest } = JSON.parse(line) as RecordedExchange;
    const body = requestBody === null ? null : Buffer.from(requestBody, 'base64');
    exchanges.add(sandbox, { ...rest, requestBody: body });
  }
  return exchanges;
}
