import { type FieldError, type InvalidRequestError } from '../domain/errors.ts';
import { bodyOf } from '../http/body.ts';
import { invalid } from '../http/mistakes.ts';
import { BatchItemDto, type BatchOp, mostItems } from './batch.dto.ts';
import type { ChangeOrder } from './changes.ts';
import { deployOrder, redeployOrder, undeployOrder } from './deployment-orders.ts';
import {
  deleteOrder,
  patchOrder,
  putOrder,
  refreshOrder,
  rollbackOrder,
  type Said,
} from './process-orders.ts';
import { activateOrder, deleteVersionOrder, tagOrder } from './version-orders.ts';

type Named = 'version' | 'tag' | 'deployment';

/** What an item of each kind names besides its process. */
const named: Readonly<Record<BatchOp, readonly Named[]>> = {
  put: [],
  update: [],
  delete: [],
  rollback: [],
  refresh: [],
  activate_version: ['version'],
  delete_version: ['version'],
  tag_version: ['version', 'tag'],
  deploy: [],
  redeploy: ['deployment'],
  undeploy: ['deployment'],
};

/**
 * The items of a batch.
 * @throws InvalidRequestError naming what is wrong with their list, or with what an item names; what is wrong with its body
 * is its own matter
 */
export function batchItemsOf(body: unknown): readonly BatchItemDto[] {
  const { items, ...others } = (body ?? {}) as Readonly<Record<string, unknown>>;
  const errors: FieldError[] = Object.keys(others).map((at) => ({
    at,
    message: 'is not a member that is known here',
  }));
  if (!Array.isArray(items) || items.length === 0 || items.length > mostItems)
    errors.push({ at: 'items', message: `must be an array of 1 to ${mostItems} changes` });
  if (errors.length > 0) throw refusal(errors);
  const read = (items as readonly unknown[]).map((item, at) => itemOf(item, `items[${at}]`));
  const twice = read.findIndex(({ id }, at) => read.findIndex((each) => each.id === id) < at);
  if (twice >= 0)
    throw refusal([{ at: `items[${twice}].id`, message: 'is named by an earlier item' }]);
  return read;
}

/** What an item orders. @throws InvalidRequestError for what is wrong with its body */
export function orderOf(item: BatchItemDto): ChangeOrder {
  const { op, version = '', tag = '', deployment = '', confirm } = item;
  const said: Said = { body: item.body, confirm: confirm ?? null, ifMatch: item.ifMatch };
  const orders: Readonly<Record<BatchOp, () => ChangeOrder>> = {
    put: () => putOrder(said),
    update: () => patchOrder(said),
    delete: () => deleteOrder(said),
    rollback: () => rollbackOrder(said),
    refresh: () => refreshOrder(said),
    activate_version: () => activateOrder(version, said),
    delete_version: () => deleteVersionOrder(version, said),
    tag_version: () => tagOrder(version, tag, said),
    deploy: () => deployOrder(said),
    redeploy: () => redeployOrder(deployment, said),
    undeploy: () => undeployOrder(deployment, said),
  };
  return orders[op]();
}

function itemOf(sent: unknown, at: string): BatchItemDto {
  if (typeof sent !== 'object' || sent === null || Array.isArray(sent))
    throw refusal([{ at, message: 'must be a JSON object' }]);
  const item = bodyOf(sent, BatchItemDto, at);
  refuseOthers(item, at);
  return item;
}

/** @throws InvalidRequestError for what an item lacks, or says in vain */
function refuseOthers(item: BatchItemDto, at: string): void {
  const { op, ifMatch } = item;
  const errors: FieldError[] = (['version', 'tag', 'deployment'] as const).flatMap((name) => {
    const isNamed = named[op].includes(name);
    if (isNamed === (item[name] !== undefined)) return [];
    return {
      at: `${at}.${name}`,
      message: isNamed ? 'is required' : `must be left out of ${op}`,
    };
  });
  if (ifMatch !== undefined && op !== 'put' && op !== 'update')
    errors.push({ at: `${at}.ifMatch`, message: `must be left out of ${op}` });
  if (errors.length > 0) throw refusal(errors);
}

function refusal(errors: readonly FieldError[]): InvalidRequestError {
  return invalid('body', errors, { outcome: 'not_sent' });
}
