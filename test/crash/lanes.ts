import type { Stage } from '../support/gateway.ts';

/** What an arena is set up with. */
export interface ArenaOptions {
  /** Settings of every connection, on top of the arena's own. */
  readonly connection?: Readonly<Record<string, unknown>>;
  /** Further connections: their ids, and the platform of each. */
  readonly lanes?: ReadonlyMap<string, string>;
}

/** Further connections to the sandboxes of a stage, as a configuration file has them. */
export function connectionsOf(
  stage: Stage,
  lanes: ReadonlyMap<string, string>,
): Record<string, unknown> {
  const known = stage.connections();
  return Object.fromEntries([...lanes].map(([id, platform]) => [id, known[platform]]));
}
