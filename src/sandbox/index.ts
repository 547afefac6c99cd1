import { type Sandbox, type SandboxOptions, startSandbox } from './kit/sandbox.ts';
import { odslSandbox } from './odsl/odsl.sandbox.ts';

/** Every sandbox, by the name of its platform. */
export const sandboxes: Readonly<Record<string, (options?: SandboxOptions) => Promise<Sandbox>>> = {
  odsl: (options) => startSandbox(odslSandbox, options),
};
