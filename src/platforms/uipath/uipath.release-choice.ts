import type { DeploymentRecord } from '../../domain/deployment.ts';
import { ConflictError, type ErrorDetails, NotFoundError } from '../../domain/errors.ts';

/** What a start names of where it is to run. */
export interface Wish {
  /** For messages, as `SmokeTest`. */
  readonly process: string;
  /** Number or key of a deployment. */
  readonly deployment: string | null;
  /** In the platform's own spelling. */
  readonly version: string | null;
  /** Whom refusals name. */
  readonly details: ErrorDetails;
}

/**
 * The deployment that a start means: the one that it names, else the only one.
 * @throws NotFoundError when there is none of this name, ConflictError when none or several fit
 */
export function chosenRelease(standing: readonly DeploymentRecord[], wish: Wish): DeploymentRecord {
  const { process, deployment, version, details } = wish;
  const named =
    deployment === null ? standing : standing.filter((each) => isCalled(each, deployment));
  if (deployment !== null && named.length === 0) {
    throw new NotFoundError(`${process} has no deployment ${deployment}.`, {
      ...details,
      errors: [
        { at: 'deployment', message: `must be one of those that stand: ${listOf(standing)}` },
      ],
    });
  }
  const fitting = version === null ? named : named.filter((each) => each.version === version);
  const [only, ...more] = fitting;
  if (only !== undefined && more.length === 0) return only;
  throw new ConflictError(problemOf(wish, named, fitting), {
    ...details,
    members: {
      deployments: fitting.map(({ id, name, version: runs }) => ({ id, name, version: runs })),
    },
  });
}

function isCalled({ id, nativeIds }: DeploymentRecord, name: string): boolean {
  return id === name || nativeIds['key']?.toLowerCase() === name.toLowerCase();
}

function problemOf(
  { process, version }: Wish,
  named: readonly DeploymentRecord[],
  fitting: readonly DeploymentRecord[],
): string {
  if (fitting.length > 1)
    return `${process} has several deployments that fit: ${listOf(fitting)}. Name one of them as "deployment".`;
  if (named.length === 0)
    return `${process} is not deployed in this connection's folder. Deploy a version of it there first.`;
  return `No deployment of ${process} runs version ${version ?? ''}; there is ${listOf(named)}. Deploy that version first, or leave the version out.`;
}

function listOf(deployments: readonly DeploymentRecord[]): string {
  const each = deployments.map(
    ({ id, name, version }) => `${id} (${name}, version ${version ?? ''})`,
  );
  return each.length === 0 ? 'none' : each.join(', ');
}
