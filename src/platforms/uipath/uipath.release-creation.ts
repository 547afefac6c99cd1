import { ConflictError } from '../../domain/errors.ts';
import type { Steps } from '../stepped-change.ts';
import type { ReleaseBody } from './uipath.changes-client.ts';
import type { ReleaseOrder } from './uipath.release-orders.ts';
import type { Standing } from './uipath.standing.ts';
import type { ReleaseWire } from './uipath.wire.ts';

/** A release that is to be made. */
interface NewRelease {
  readonly name: string;
  /** As the platform writes it. */
  readonly version: string;
  /** Further members of `ReleaseDto`. */
  readonly body: ReleaseBody;
}

/** Makes a release of a process. */
export function creationOf(
  standing: Standing,
  { name, version, body }: NewRelease,
): Steps<ReleaseOrder> {
  const process = standing.id;
  const own = { Name: name, ProcessKey: process, ProcessVersion: version };
  return {
    items: [standing.releaseItem(name, version, 'deployed')],
    steps: [
      { item: 0, order: { kind: 'create', process, name, version, body: { ...own, ...body } } },
    ],
  };
}

/** A name stands once in a folder, in whatever case. @throws ConflictError */
export function refuseTaken(
  standing: Standing,
  name: string,
  called: readonly ReleaseWire[],
  itself: number | null = null,
): void {
  const taken = called.filter(({ Id }) => Id !== itself);
  const [first] = taken;
  if (first === undefined) return;
  const { text, rows } = standing.listed(taken);
  throw new ConflictError(
    `The name ${name} is taken in the folder: ${text} is a release of ${first.ProcessKey}. Give this one another name, or change that one.`,
    { ...standing.details, members: { deployments: rows } },
  );
}
