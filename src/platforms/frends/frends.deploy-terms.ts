import type { DeployRequest } from '../../domain/change.ts';
import { type FieldError, InvalidRequestError } from '../../domain/errors.ts';
import type { Native } from '../../domain/native.ts';
import type { Target } from '../../domain/target.ts';
import type { VariableWire } from './frends.changes-client.ts';
import type { FrendsClient } from './frends.client.ts';
import type { DeployOrder } from './frends.deployment-orders.ts';
import { isSecret } from './frends.native.ts';
import type { FrendsStandings } from './frends.standing.ts';
import { targetsOf } from './frends.targets.ts';
import { textsOf } from './frends.texts.ts';
import { type ProcessListItemWire, variableListWire } from './frends.wire.ts';

type Variables = DeployOrder['variables'];
type KnownVariable = Pick<VariableWire, 'mode' | 'description' | 'isSecret'>;

/** What a deployment says beside its version, checked against what the tenant has. */
export class FrendsDeployTerms {
  readonly #client: FrendsClient;
  readonly #standings: FrendsStandings;
  readonly #concurrency: number;

  constructor(client: FrendsClient, standings: FrendsStandings, concurrency: number) {
    this.#client = client;
    this.#standings = standings;
    this.#concurrency = concurrency;
  }

  /** @throws InvalidRequestError for what Frends has not, and where no agent group, or an unknown one, is named */
  async agentGroups(
    { targets, name, settings }: DeployRequest,
    process: string,
    signal: AbortSignal,
  ): Promise<readonly number[]> {
    const lacking = [
      ...(name === null ? [] : [{ at: 'name', message: 'must be left out' }]),
      ...(settings === null ? [] : [{ at: 'settings', message: 'must be left out' }]),
    ];
    if (lacking.length > 0)
      throw this.#invalid('Deployments of Frends have no name and no settings.', lacking);
    const known = await targetsOf(this.#client, this.#concurrency, signal);
    const there = known.map(({ id, name: called }) => `${id} (${called})`).join(', ');
    if (targets.length === 0)
      throw this.#invalid(`Name the agent group that is to run ${process}. There are: ${there}.`, [
        { at: 'target', message: 'must be the id of an agent group' },
      ]);
    const errors = unknownIn(targets, known);
    if (errors.length === 0) return targets.map(Number);
    throw this.#invalid(`There is no such agent group. There are: ${there}.`, errors);
  }

  /** Values of variables as the version has them. @throws InvalidRequestError for those that it has not */
  async variables(
    values: Native | null,
    version: ProcessListItemWire,
    signal: AbortSignal,
  ): Promise<Variables> {
    if (values === null || Object.keys(values).length === 0) return [];
    const { uniqueIdentifier: guid } = version;
    const whole = await this.#client.getProcess(guid, version.version, signal);
    const known = variablesOf(whole?.processVariables);
    const { texts, errors } = textsOf(values, 'variables');
    const refused = [...errors, ...Object.keys(texts).flatMap((name) => misfitOf(name, known))];
    if (refused.length > 0) {
      const open = [...known].filter(([, { isSecret: hidden }]) => !hidden).map(([name]) => name);
      const there = open.length === 0 ? 'It has none.' : `It has: ${open.join(', ')}.`;
      throw this.#invalid(
        `A deployment takes texts for the variables of its version that are no secrets. ${there}`,
        refused,
      );
    }
    return Object.entries(texts).map(([name, value]) => {
      const { mode = null, description = null } = known.get(name) ?? {};
      return { name, value, isSecret: false, mode, description };
    });
  }

  #invalid(sentence: string, errors: readonly FieldError[]): InvalidRequestError {
    return new InvalidRequestError(sentence, this.#standings.refused({ errors }));
  }
}

function unknownIn(targets: readonly string[], known: readonly Target[]): FieldError[] {
  const message = 'must be the id of an agent group';
  return targets.flatMap((target, index) => {
    const at = targets.length === 1 ? 'target' : `targets[${index}]`;
    return known.some(({ id }) => id === target) ? [] : [{ at, message }];
  });
}

/** A change waits in the gateway's store, where no secrets belong. */
function misfitOf(name: string, known: ReadonlyMap<string, KnownVariable>): FieldError[] {
  const found = known.get(name);
  if (found?.isSecret === false) return [];
  const message =
    found === undefined
      ? 'must be a variable of the version'
      : 'must be set in Frends itself: it is a secret, and the gateway stores what it sends';
  return [{ at: `variables.${name}`, message }];
}

function variablesOf(wire: unknown): Map<string, KnownVariable> {
  const listed = variableListWire.safeParse(wire ?? []).data ?? [];
  const entries = listed.map((variable): readonly [string, KnownVariable] => {
    const { name, mode = null, description = null } = variable;
    return [name, { mode, description, isSecret: isSecret(variable) }];
  });
  return new Map(entries);
}
