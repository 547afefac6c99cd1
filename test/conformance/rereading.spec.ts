import { describe, expect, test } from '@jest/globals';
import { platforms } from '../../src/platforms/all.ts';
import { sandboxes } from '../../src/sandbox/index.ts';
import { Rereading } from '../../src/upstream/rereading.ts';
import { openAdapter } from '../support/open-adapter.ts';

/** A list counts as unchanged when all that was asked for it is answered as before, so nothing may be asked unseen. */
describe('a list that is read again', () => {
  test.each(platforms)('by $title asks all that it asked before', async (platform) => {
    const sandbox = await sandboxes[platform.sandbox]!();
    const opened = openAdapter(platform, sandbox.url);
    const rereading = new Rereading(4);
    const read = async () => {
      const { signal } = new AbortController();
      return rereading.read(signal, true, async () => opened.adapter.parts.processes!.list(signal));
    };
    const asked = () => sandbox.requests().filter((request) => request.startsWith('GET '));
    try {
      const list = await read();
      expect(list?.length).toBeGreaterThan(0);
      const first = asked().toSorted();
      sandbox.forget();
      expect(await read()).toBeNull();
      expect(asked().toSorted()).toEqual(first);
    } finally {
      await opened.close();
      await sandbox.close();
    }
  });
});
