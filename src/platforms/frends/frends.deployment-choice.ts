import {
  ConflictError,
  type ErrorDetails,
  type FieldError,
  NotFoundError,
} from '../../domain/errors.ts';
import type { DeploymentWire } from './frends.wire.ts';

/** Which deployment of a process is to be started. */
export interface WantedDeployment {
  /** How errors name the process. */
  readonly process: string;
  /** Id of the deployment; null for the only one that fits. */
  readonly deployment: string | null;
  /** Number of the version that it has to run; null for any. */
  readonly version: string | null;
  /** Id or name of its agent group; null for any. */
  readonly agentGroup: string | null;
}

/**
 * The one deployment that is meant.
 * @throws NotFoundError when the one that is named does not exist
 * @throws ConflictError when none or several fit; its message names what there is
 */
export function chosenDeployment(
  deployments: readonly DeploymentWire[],
  wanted: WantedDeployment,
  details: ErrorDetails,
): DeploymentWire {
  const { process, deployment, version, agentGroup } = wanted;
  const there = deployments.map(described).join(', ');
  const candidates =
    deployment === null
      ? deployments
      : [deploymentNamed(deployments, deployment, process, details)];
  if (there === '') {
    throw new ConflictError(
      `${process} is not deployed to any agent group: deploy it first.`,
      details,
    );
  }
  const fitting = candidates.filter(
    (each) =>
      (agentGroup === null || isIn(each, agentGroup)) &&
      (version === null || String(each.processBuildVersion ?? '') === version),
  );
  const [only, ...others] = fitting;
  if (only === undefined) {
    const asked = [
      ...(version === null ? [] : [`version ${version}`]),
      ...(agentGroup === null ? [] : [`agent group ${agentGroup}`]),
    ];
    throw new ConflictError(
      `No deployment of ${process} is one of ${asked.join(' in ')}: deploy that first, or start what is deployed: ${there}.`,
      { ...details, errors: misfitOf(wanted) },
    );
  }
  if (others.length === 0) return only;
  throw new ConflictError(
    `${process} is deployed several times: name one as \`deployment\`, or its agent group as \`options.agentGroup\`. There are: ${fitting.map(described).join(', ')}.`,
    { ...details, errors: [{ at: 'deployment', message: 'must be named' }] },
  );
}

/**
 * The deployment of this id.
 * @throws NotFoundError when there is none; its message names what there is
 */
export function deploymentNamed(
  deployments: readonly DeploymentWire[],
  id: string,
  process: string,
  details: ErrorDetails,
): DeploymentWire {
  const found = deployments.find((each) => String(each.deploymentId) === id);
  if (found !== undefined) return found;
  const there = deployments.map(described).join(', ');
  const known = there === '' ? 'It is not deployed at all.' : `Its deployments are: ${there}.`;
  throw new NotFoundError(`${process} has no deployment ${id}. ${known}`, {
    ...details,
    errors: [{ at: 'deployment', message: 'must be a deployment of the process' }],
  });
}

/** Of what was asked for nobody can say which is wrong. */
function misfitOf({ version, agentGroup }: WantedDeployment): FieldError[] {
  const message = 'must be one that the process is deployed with';
  return [
    ...(version === null ? [] : [{ at: 'version', message }]),
    ...(agentGroup === null ? [] : [{ at: 'options.agentGroup', message }]),
  ];
}

function isIn({ agentGroup }: DeploymentWire, wanted: string): boolean {
  const text = wanted.trim().toLowerCase();
  return String(agentGroup.id) === text || agentGroup.displayName?.trim().toLowerCase() === text;
}

/** `1203 (version 4 in Production Cloud)` */
export function described({
  deploymentId,
  processBuildVersion,
  agentGroup,
}: DeploymentWire): string {
  const version = processBuildVersion ?? 'unknown';
  return `${deploymentId} (version ${version} in ${agentGroup.displayName ?? agentGroup.id})`;
}
