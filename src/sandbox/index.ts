import { concordSandbox } from './concord/concord.sandbox.ts';
import { frendsSandbox } from './frends/frends.sandbox.ts';
import { type Sandbox, type SandboxOptions, startSandbox } from './kit/sandbox.ts';
import { odslSandbox } from './odsl/odsl.sandbox.ts';
import { uipathSandbox } from './uipath/uipath.sandbox.ts';

/** Every sandbox, by the name of its platform. */
export const sandboxes: Readonly<Record<string, (options?: SandboxOptions) => Promise<Sandbox>>> = {
  uipath: (options) => startSandbox(uipathSandbox, options),
  concord: (options) => startSandbox(concordSandbox, options),
  odsl: (options) => startSandbox(odslSandbox, options),
  frends: (options) => startSandbox(frendsSandbox, options),
};
