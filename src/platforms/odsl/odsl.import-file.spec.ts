import { describe, expect, test } from '@jest/globals';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { Readable } from 'node:stream';
import { deadline } from '../../timing/deadline.ts';
import { mostFileBytes, readConfigurations } from './odsl.import-file.ts';

/** A file of as many bytes as are taken. */
function largest(begin: string, filling: string, end: string): Buffer {
  const count = Math.floor((mostFileBytes - begin.length - end.length) / filling.length);
  return Buffer.from(begin + filling.repeat(count) + end);
}

describe('the largest file for OpenDataDSL', () => {
  test.each([
    ['of one text', largest('{"_id":"FX","script":"', 'x', '"}')],
    ['of escapes', largest('{"_id":"FX","script":"', String.raw`\n`, '"}')],
    ['of digits', largest('{"_id":"FX","script":"', '1234567890123456', '"}')],
    ['of blanks', largest('', ' ', '{"_id":"FX"}')],
  ])('%s is read, and others have their turn meanwhile', async (_, bytes) => {
    const delay = monitorEventLoopDelay({ resolution: 1 });
    delay.enable();
    const read = await readConfigurations(Readable.from([bytes]), deadline(60_000));
    delay.disable();
    expect(read).toHaveLength(1);
    // Some 60 ms on a machine that has nothing else to do.
    expect(delay.max / 1e6).toBeLessThan(1_500);
  });
});
