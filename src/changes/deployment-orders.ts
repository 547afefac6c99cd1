import { bodyOf } from '../http/body.ts';
import { invalid } from '../http/mistakes.ts';
import { DeploymentPatchDto, NewDeploymentDto } from './change.dto.ts';
import type { ChangeOrder } from './changes.ts';
import { noBody } from './no-body.ts';
import type { Said } from './process-orders.ts';
import { refuseUnchangeable, saidOf } from './process-patch.ts';

export function deployOrder({ body, confirm }: Said): ChangeOrder {
  const wanted = bodyOf(body, NewDeploymentDto);
  const targets = targetsOf(wanted);
  const { version, name = null, description = null, settings = null } = wanted;
  const { activateTriggers = null, variables = null } = wanted;
  const more = { name, description, activateTriggers, settings, variables };
  return {
    kind: 'deploy',
    part: 'deploying',
    // Values of variables may be secrets.
    input: { version, targets, name, activateTriggers },
    isOfStanding: true,
    isOfWhole: false,
    version,
    prepare: ({ connection, key }, signal) =>
      connection
        .part('deploying')
        .prepare({ op: 'deploy', key, confirm, version, targets, ...more }, signal),
  };
}

export function redeployOrder(deployment: string, { body, confirm }: Said): ChangeOrder {
  const patch = saidOf(bodyOf(body, DeploymentPatchDto));
  const { settings, ...plain } = patch;
  const named = settings === undefined ? {} : { settings: Object.keys(settings).sort() };
  return {
    kind: 'redeploy',
    part: 'deploying',
    input: { deployment, ...plain, ...named },
    isOfStanding: true,
    isOfWhole: false,
    refuse: (connection) => {
      refuseUnchangeable(connection, patch, connection.part('deploying').fields);
    },
    prepare: ({ connection, key }, signal) =>
      connection
        .part('deploying')
        .prepare({ op: 'redeploy', key, confirm, deployment, patch }, signal),
  };
}

export function undeployOrder(deployment: string, { body, confirm }: Said): ChangeOrder {
  noBody(body);
  return {
    kind: 'undeploy',
    part: 'deploying',
    input: { deployment },
    isOfStanding: true,
    isOfWhole: false,
    prepare: ({ connection, key }, signal) =>
      connection.part('deploying').prepare({ op: 'undeploy', key, confirm, deployment }, signal),
  };
}

/** @throws InvalidRequestError when both `target` and `targets` are said */
function targetsOf({ target, targets }: NewDeploymentDto): readonly string[] {
  if (target !== undefined && targets !== undefined) {
    const message = 'must be left out where target is said';
    throw invalid('body', [{ at: 'targets', message }], { outcome: 'not_sent' });
  }
  return targets ?? (target === undefined ? [] : [target]);
}
