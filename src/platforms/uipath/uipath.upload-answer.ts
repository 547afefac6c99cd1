import { STATUS_CODES } from 'node:http';
import {
  type ErrorDetails,
  UpstreamRejectedError,
  UpstreamUnavailableError,
} from '../../domain/errors.ts';
import type { UpstreamName } from '../../upstream/upstream-errors.ts';
import { parseObject, pick, presentable } from '../../upstream/upstream-failure.ts';
import { explainUipath } from './uipath.explain.ts';
import type { BulkItemWire } from './uipath.wire.ts';

/** `errorCode` of a package that stands already. */
const alreadyExists = '1004';

/** The statuses that .NET calls otherwise than Node does. */
const otherNames: Readonly<Record<string, number>> = {
  requestentitytoolarge: 413,
  unprocessableentity: 422,
  unprocessablecontent: 422,
};

/** What the platform says of a package that it has taken; null where it does not say. */
export interface TakenPackage {
  readonly id: string | null;
  readonly version: string | null;
}

/** The status that an item of a bulk answer has: a name as .NET has it, or a number; null for any other word. */
export function statusOf({ Status: status }: BulkItemWire): number | null {
  const text = String(status);
  if (/^[1-5]\d\d$/.test(text)) return Number(text);
  const name = text.toLowerCase();
  const named = Object.entries(STATUS_CODES).find(
    ([, words = '']) => words.replaceAll(/[^A-Za-z]/g, '').toLowerCase() === name,
  );
  return otherNames[name] ?? (named === undefined ? null : Number(named[0]));
}

/** Its body is JSON in a string; one that names nothing is as good, for the package is the one that was sent. */
export function takenPackage({ Body: body }: BulkItemWire): TakenPackage {
  const said = parseObject(body ?? '') ?? {};
  return { id: pick(said, 'Id'), version: pick(said, 'Version') };
}

/** The error of an item that the platform did not take, as if its status were that of the whole answer. */
export function itemFailure(
  { title, connection, platform }: UpstreamName,
  item: BulkItemWire,
  status: number,
): UpstreamRejectedError | UpstreamUnavailableError {
  const said = explainUipath({ status, headers: {}, text: item.Body ?? '' });
  const message = presentable(said.message, []);
  const details: ErrorDetails = {
    connection,
    platform,
    sent: 'maybe',
    upstream: {
      status,
      code: presentable(said.code, []),
      message,
      requestId: presentable(said.requestId, []),
    },
  };
  const words = message === null ? '' : ` It says: ${message}`;
  const what = `${title} (${connection}) answered an upload with ${status} for the package.${words}`;
  return status >= 500
    ? new UpstreamUnavailableError(what, details)
    : new UpstreamRejectedError(what, details);
}

/** Whether the platform says that the feed has this version of the package already. */
export function isThere(error: unknown): error is UpstreamRejectedError {
  if (!(error instanceof UpstreamRejectedError)) return false;
  const { upstream } = error.details;
  return upstream?.status === 409 || upstream?.code === alreadyExists;
}
