import type { FreshnessPolicy } from '../catalogue/freshness.ts';
import type { ConnectionConfig } from '../config/connection.config.ts';
import { type AdapterParts, capabilitiesOf, type PlatformAdapter } from '../domain/adapter.ts';
import { type Capability, capabilityRoutes } from '../domain/capability.ts';
import { CapabilityNotSupportedError } from '../domain/errors.ts';
import type { Platform } from '../platforms/platform.ts';

/** One configured upstream, opened. */
export class Connection {
  readonly id: string;
  readonly platform: Platform;
  readonly config: ConnectionConfig;
  readonly adapter: PlatformAdapter;
  readonly policy: FreshnessPolicy;
  /** What the newest check found this upstream to lack of what its adapter can do. */
  lacks: ReadonlySet<Capability> = new Set();

  constructor(
    platform: Platform,
    config: ConnectionConfig,
    adapter: PlatformAdapter,
    policy: FreshnessPolicy,
  ) {
    this.id = config.id;
    this.platform = platform;
    this.config = config;
    this.adapter = adapter;
    this.policy = policy;
  }

  /** A name for people. */
  get name(): string {
    return this.config.name ?? this.id;
  }

  get capabilities(): readonly Capability[] {
    return capabilitiesOf(this.adapter).filter((capability) => !this.lacks.has(capability));
  }

  /**
   * A part of the adapter.
   * @throws CapabilityNotSupportedError when the platform or this upstream lacks it; nothing is asked of the upstream
   */
  part<C extends Capability>(capability: C): AdapterParts[C] {
    const part: Partial<AdapterParts>[C] = this.adapter.parts[capability];
    if (part !== undefined && !this.lacks.has(capability)) return part;
    const routes = capabilityRoutes[capability].join(', ');
    throw new CapabilityNotSupportedError(
      `${this.platform.title} (${this.id}) has no ${capability}${routes === '' ? '' : `, which ${routes} needs`}. What it can do: ${this.capabilities.join(', ')}.`,
      { connection: this.id, platform: this.platform.name, outcome: 'not_sent' },
    );
  }
}
