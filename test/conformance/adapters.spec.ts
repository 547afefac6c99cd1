import { expect, jest, test } from '@jest/globals';
import { platforms } from '../../src/platforms/all.ts';
import { sandboxes } from '../../src/sandbox/index.ts';
import { overlays } from '../contracts/overlays.ts';
import { namedApiDocument } from '../support/api-document.ts';
import { describeAdapter } from './adapter-suite.ts';

/** Tens of megabytes are packed and unpacked in some cases, on machines that do other things as well. */
jest.setTimeout(60_000);

for (const platform of platforms) {
  const startSandbox = sandboxes[platform.sandbox];
  if (startSandbox === undefined) throw new Error(`${platform.name} has no sandbox`);
  const overlay = overlays[platform.name];
  const document = overlay === undefined ? null : await namedApiDocument(overlay);
  describeAdapter(platform, (options) =>
    startSandbox({ ...options, observe: (exchange) => document?.observe(exchange) }),
  );
  if (document === null) continue;
  test(`${platform.title} was asked and answered as its API document says`, () => {
    expect(document.violations()).toEqual([]);
  });
}
