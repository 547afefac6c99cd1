/** The kinds of places that platforms have. */
export const targetKinds = ['folder', 'robot', 'machine', 'agent_group', 'environment'] as const;
export type TargetKind = (typeof targetKinds)[number];

/** A place where a version can be deployed or run. */
export interface Target {
  readonly id: string;
  readonly name: string;
  readonly kind: TargetKind;
}
