import { platforms } from '../../src/platforms/index.ts';
import { sandboxes } from '../../src/sandbox/index.ts';
import { describeAdapter } from './adapter-suite.ts';

for (const platform of platforms) {
  const startSandbox = sandboxes[platform.name];
  if (startSandbox === undefined) throw new Error(`${platform.name} has no sandbox`);
  describeAdapter(platform, startSandbox);
}
