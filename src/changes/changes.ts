import type { Connection } from '../connections/connection.ts';
import type { ChangingCapability } from '../domain/capability.ts';
import type { PreparedChange } from '../domain/change.ts';
import type { Native } from '../domain/native.ts';
import type { OperationKind } from '../domain/operation.ts';

/** A process of a connection that a change is about. */
export interface Changed {
  readonly connection: Connection;
  /** The canonical native key. */
  readonly key: string;
}

/** A change, as its route has read it. */
export interface ChangeOrder {
  readonly kind: OperationKind;
  readonly part: ChangingCapability;
  /** What was asked for, as the operation shows it. */
  readonly input: Native;
  /** Whether the process has to be there already. */
  readonly isOfStanding: boolean;
  /** Whether it is about the process whatever version runs: an id that names one of them says too much. */
  readonly isOfWhole: boolean;
  /** The version that it is about, or brings somewhere, as it was said; absent: it is about none. */
  readonly version?: string;
  /** The native key that the process is to get, where that is another one. */
  readonly newKey?: string;
  /** Refuses what the platform cannot do; asks it nothing. @throws CapabilityNotSupportedError */
  refuse?(connection: Connection): void;
  /** Checks it against the platform. */
  prepare(changed: Changed, signal: AbortSignal): Promise<PreparedChange>;
}
