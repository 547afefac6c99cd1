import { afterAll } from '@jest/globals';
import { watchers } from '../../src/sandbox/kit/sandbox.ts';
import { Exchanges } from './exchanges.ts';

const seen = new Exchanges();

watchers.add((platform, exchange) => {
  seen.add(platform, exchange);
});

/** Whatever a test is about: what adapters sent and what sandboxes answered in it is held against the API documents. */
afterAll(async () => {
  const violations = await seen.violations();
  if (violations.length > 0) {
    const lines = [...new Set(violations)].slice(0, 20).join('\n');
    throw new Error(
      `${violations.length} requests or answers are not as the API documents say:\n${lines}`,
    );
  }
});
