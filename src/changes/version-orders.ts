import { bodyOf } from '../http/body.ts';
import { VersionPatchDto } from './change.dto.ts';
import type { ChangeOrder } from './changes.ts';
import { noBody } from './no-body.ts';
import type { Said } from './process-orders.ts';

export function activateOrder(version: string, { body, confirm }: Said): ChangeOrder {
  const { active } = bodyOf(body, VersionPatchDto);
  return {
    kind: 'activate_version',
    part: 'activation',
    input: { version, active },
    isOfStanding: true,
    isOfWhole: false,
    version,
    prepare: ({ connection, key }, signal) =>
      connection.part('activation').prepare({ key, confirm, version, active }, signal),
  };
}

export function deleteVersionOrder(version: string, { body, confirm }: Said): ChangeOrder {
  noBody(body);
  return {
    kind: 'delete_version',
    part: 'versionDeletion',
    input: { version },
    isOfStanding: true,
    isOfWhole: false,
    version,
    prepare: ({ connection, key }, signal) =>
      connection.part('versionDeletion').prepare({ key, confirm, version }, signal),
  };
}

export function tagOrder(version: string, tag: string, { body, confirm }: Said): ChangeOrder {
  noBody(body);
  return {
    kind: 'tag_version',
    part: 'tags',
    input: { version, tag },
    isOfStanding: true,
    isOfWhole: false,
    version,
    prepare: ({ connection, key }, signal) =>
      connection.part('tags').prepare({ key, confirm, version, tag }, signal),
  };
}
