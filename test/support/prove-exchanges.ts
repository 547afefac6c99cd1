import { afterAll } from '@jest/globals';
import { type Exchange, watchers } from '../../src/sandbox/kit/sandbox.ts';
import { overlays } from '../contracts/overlays.ts';
import { namedApiDocument } from './api-document.ts';

/** How the gateway introduces itself to platforms; other requests are those that a test makes by hand. */
const ownAgent = 'process-gateway';
/** Where tests point a connection that is configured wrongly. */
const wrongBase = '/wrong/';
const seen = new Map<string, Exchange[]>();

watchers.add((platform, exchange) => {
  seen.set(platform, [...(seen.get(platform) ?? []), exchange]);
});

/** Whatever a test is about: what adapters sent and what sandboxes answered in it is held against the API documents. */
afterAll(async () => {
  const violations: string[] = [];
  for (const [platform, exchanges] of seen) {
    const overlay = overlays[platform];
    if (overlay === undefined) continue;
    const document = await namedApiDocument(overlay);
    for (const exchange of exchanges) {
      if (exchange.url.startsWith(wrongBase)) continue;
      if (exchange.requestHeaders['user-agent'] === ownAgent) document.observe(exchange);
      else document.observeAnswer(exchange);
    }
    violations.push(...document.violations());
  }
  if (violations.length > 0) {
    const lines = [...new Set(violations)].slice(0, 20).join('\n');
    throw new Error(
      `${violations.length} requests or answers are not as the API documents say:\n${lines}`,
    );
  }
});
