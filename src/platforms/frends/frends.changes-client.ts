import type { Departure } from '../../domain/write.ts';
import { path } from '../../upstream/path.ts';
import type { UpstreamCall } from '../../upstream/upstream-call.ts';
import type { UpstreamClient } from '../../upstream/upstream-client.ts';
import { acceptanceOf } from '../acceptance.ts';
import {
  deployedWire,
  type DeploymentWire,
  type ImportedWire,
  importedWire,
} from './frends.wire.ts';

/** How a change leaves. */
export interface Sending extends Pick<Departure, 'signal' | 'permit'> {
  readonly timeoutMs: number;
}

/** A variable of a process, as a deployment is given it. */
export interface VariableWire {
  readonly name: string;
  readonly value: string;
  readonly isSecret: boolean;
  readonly mode: string | null;
  readonly description: string | null;
}

/** POST api/v1/process-deployments; what it leaves out is left to the platform, which activates triggers. */
export interface DeployWire {
  readonly agentGroupId: number;
  readonly processes: readonly {
    readonly processGuid: string;
    readonly version: number;
    readonly processVariables?: readonly VariableWire[];
  }[];
  readonly activateTriggers?: boolean;
  readonly deploymentDescription?: string;
}

type Change = Pick<UpstreamCall, 'path' | 'headers' | 'body'> & {
  readonly method: 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly json?: object;
};

/** The calls of the Platform API that change what is defined, one request each. */
export class FrendsChangesClient {
  readonly #http: UpstreamClient;

  constructor(http: UpstreamClient) {
    this.#http = http;
  }

  /** All versions, and what is deployed of them. */
  async deleteProcess(guid: string, sending: Sending): Promise<void> {
    await this.#send({ method: 'DELETE', path: path`/api/v1/processes/${guid}` }, sending);
  }

  /** What was deployed, as far as the answer says it: its body is documented nowhere. */
  async deploy(json: DeployWire, sending: Sending): Promise<readonly DeploymentWire[]> {
    const place = '/api/v1/process-deployments';
    const answer = await this.#send({ method: 'POST', path: place, json }, sending);
    return deployedWire.safeParse(answer).data?.data ?? [];
  }

  async undeploy(id: number, sending: Sending): Promise<void> {
    await this.#send({ method: 'DELETE', path: path`/api/v1/process-deployments/${id}` }, sending);
  }

  /** No body says which way: the method does. */
  async switchTriggers(id: number, active: boolean, sending: Sending): Promise<void> {
    const place = path`/api/v1/process-deployments/${id}/activation`;
    await this.#send({ method: active ? 'PUT' : 'DELETE', path: place }, sending);
  }

  async addTags(guid: string, tags: readonly string[], sending: Sending): Promise<void> {
    await this.#tags('PATCH', guid, tags, sending);
  }

  async removeTags(guid: string, tags: readonly string[], sending: Sending): Promise<void> {
    await this.#tags('DELETE', guid, tags, sending);
  }

  /** Takes a file; its answer names one of the processes, as far as it can be read. */
  async importProcesses(
    form: Required<Pick<UpstreamCall, 'headers' | 'body'>>,
    sending: Sending,
  ): Promise<ImportedWire | null> {
    const place = '/api/v1/processes/batch-import';
    const answer = await this.#send({ method: 'POST', path: place, ...form }, sending);
    return importedWire.safeParse(answer).data?.data ?? null;
  }

  async #tags(
    method: 'PATCH' | 'DELETE',
    guid: string,
    tags: readonly string[],
    sending: Sending,
  ): Promise<void> {
    const json = { elementType: 'Process', elementGuids: [guid], tags };
    await this.#send({ method, path: '/api/v1/tags', json }, sending);
  }

  async #send({ json, ...change }: Change, sending: Sending): Promise<unknown> {
    const answer = await this.#http.text({
      ...change,
      ...(json === undefined
        ? {}
        : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(json) }),
      ...sending,
    });
    return answer === null
      ? null
      : acceptanceOf(this.#http.name, `${change.method} ${change.path}`, answer);
  }
}
