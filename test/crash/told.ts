/** A start that its caller has been told of. */
export interface Told {
  readonly platform: string;
  readonly key: string;
  readonly id: string;
}
