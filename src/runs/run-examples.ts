import { formatId } from '../domain/ids.ts';
import { shown } from '../platforms/examples.ts';

const { id: process, connection, piece } = shown('run');
const standing = shown('runs');

/** What the platform was told to know a run by that was started here. */
export const exampleMark = 'r-01979f3a-6c1e-7b20-8f3d-2a9c51d0e7b4';

/** The run that answers show: it was started here, and has failed. */
export const exampleRun = {
  id: formatId(connection, exampleMark),
  process,
  connection,
  nativeId: piece?.nativeId ?? exampleMark,
  status: piece?.status ?? 'failed',
  upstreamStatus: piece?.upstreamStatus ?? 'Failed',
  error: piece?.error ?? null,
  native: piece?.native ?? {},
};

const standingRun = (nativeId = exampleMark): string => formatId(standing.connection, nativeId);

/** For which every route of runs has an answer, as it has ended. */
export const endedRun = standingRun(standing.piece?.ended);
/** A file that it has left behind. */
export const exampleAttachment = standing.piece?.attachment ?? 'report.csv';

/** One that waits. */
export const suspendedRun = standingRun(standing.piece?.suspended);
/** What that waits for. */
export const exampleEvent = standing.piece?.event ?? 'go';
