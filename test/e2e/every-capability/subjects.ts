/** Something that is made, or looked for, once it is asked for. */
export type Found<T = string> = () => Promise<T>;

/** What the routes are asked about, of one connection. */
export interface Subjects {
  readonly connection: string;
  readonly process: string;
  /** What can be changed of the process. */
  readonly patch: object;
  /** A run that has ended. */
  readonly run: Found;
  /** One of its own, to begin anew. */
  readonly restartable: Found;
  /** A run, and the name of one of its attachments. */
  readonly attachment: Found<readonly [run: string, name: string]>;
  /** A run that goes on until somebody stops it. */
  readonly live: Found;
  /** A run that waits for somebody. */
  readonly suspended: Found;
  /** What the platform imports. */
  readonly file: Found<Buffer>;
  /** The id of a process that there is not yet. */
  readonly free: Found;
  /** The path by which a process is deleted that nobody needs. */
  readonly doomed: Found;
  /** A process of two versions, and the older of them. */
  readonly versioned: Found<readonly [process: string, version: string]>;
  /** A process, and what deploys it. */
  readonly deployable: Found<readonly [process: string, body: object]>;
  /** A process, a deployment of it, and what can be changed of that. */
  readonly deployed: Found<readonly [process: string, deployment: string, patch: object]>;
}

/** What need not be there: who looks for it before a refusal has asked too much. */
export function imagined(connection: string, process: string, run: string): Subjects {
  const of =
    <T>(value: T): Found<T> =>
    () =>
      Promise.resolve(value);
  return {
    connection,
    process,
    patch: { enabled: true },
    run: of(run),
    restartable: of(run),
    attachment: of([run, 'some'] as const),
    live: of(run),
    suspended: of(run),
    file: of(Buffer.from('{}')),
    free: of(process),
    doomed: of(`/v1/processes/${encodeURIComponent(process)}`),
    versioned: of([process, '1'] as const),
    deployable: of([process, { version: 'latest' }] as const),
    deployed: of([process, '1', { triggersActive: true }] as const),
  };
}
