import { encodeKey } from '../domain/ids.ts';
import type { Native } from '../domain/native.ts';
import { bodyOf } from '../http/body.ts';
import { invalid } from '../http/mistakes.ts';
import { ProcessPatchDto } from './change.dto.ts';
import type { ChangeOrder } from './changes.ts';
import { ifMatchOf } from '../operations/if-match.ts';
import { noBody } from './no-body.ts';
import { refuseUnchangeable, saidOf } from './process-patch.ts';

/** What a caller has sent besides where: read here, so that what is wrong with it is told in its place. */
export interface Said {
  readonly body: unknown;
  readonly confirm: string | null;
  /** Of the header; undefined without one. */
  readonly ifMatch?: string | undefined;
}

export function putOrder({ body, confirm, ifMatch: header }: Said): ChangeOrder {
  const configuration = objectOf(body);
  const ifMatch = ifMatchOf(header);
  return {
    kind: 'put_process',
    part: 'configuration',
    input: { members: Object.keys(configuration).sort() },
    isOfStanding: false,
    isOfWhole: true,
    prepare: ({ connection, key }, signal) =>
      connection.part('configuration').prepare({ key, confirm, configuration, ifMatch }, signal),
  };
}

export function patchOrder({ body, confirm, ifMatch: header }: Said): ChangeOrder {
  const patch = saidOf(bodyOf(body, ProcessPatchDto));
  const ifMatch = ifMatchOf(header);
  return {
    kind: 'update_process',
    part: 'lifecycle',
    input: patch,
    isOfStanding: true,
    isOfWhole: true,
    ...(patch.key === undefined ? {} : { newKey: encodeKey([patch.key]) }),
    refuse: (connection) => {
      refuseUnchangeable(connection, patch, connection.part('lifecycle').fields);
    },
    prepare: ({ connection, key }, signal) =>
      connection.part('lifecycle').prepare({ key, confirm, patch, ifMatch }, signal),
  };
}

export function deleteOrder({ body, confirm }: Said): ChangeOrder {
  noBody(body);
  return {
    kind: 'delete_process',
    part: 'deletion',
    input: {},
    isOfStanding: true,
    isOfWhole: true,
    prepare: ({ connection, key }, signal) =>
      connection.part('deletion').prepare({ key, confirm }, signal),
  };
}

export function rollbackOrder({ body, confirm }: Said): ChangeOrder {
  noBody(body);
  return {
    kind: 'rollback',
    part: 'rollback',
    input: {},
    isOfStanding: true,
    isOfWhole: true,
    prepare: ({ connection, key }, signal) =>
      connection.part('rollback').prepare({ key, confirm }, signal),
  };
}

export function refreshOrder({ body, confirm }: Said): ChangeOrder {
  noBody(body);
  return {
    kind: 'refresh_repository',
    part: 'repositoryRefresh',
    input: {},
    isOfStanding: true,
    isOfWhole: true,
    prepare: ({ connection, key }, signal) =>
      connection.part('repositoryRefresh').prepare({ key, confirm }, signal),
  };
}

/** @throws InvalidRequestError when a body is no JSON object */
function objectOf(body: unknown): Native {
  if (typeof body === 'object' && body !== null && !Array.isArray(body)) return body as Native;
  throw invalid('body', [{ at: 'body', message: 'must be a JSON object' }], {
    outcome: 'not_sent',
  });
}
