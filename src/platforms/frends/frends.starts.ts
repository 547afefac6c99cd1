import { z } from 'zod';
import type { StartsPart } from '../../domain/adapter.ts';
import {
  CapabilityNotSupportedError,
  type ErrorDetails,
  InternalError,
  InvalidRequestError,
  NotFoundError,
} from '../../domain/errors.ts';
import { decodeKey } from '../../domain/ids.ts';
import { fromEpochMs, toInstant } from '../../domain/instant.ts';
import type { Native } from '../../domain/native.ts';
import type { StartReceipt, StartRequest } from '../../domain/run.ts';
import type { Departure, Reconciliation, SentWindow } from '../../domain/write.ts';
import { uniqueBy } from '../unique.ts';
import type { FrendsClient } from './frends.client.ts';
import type { FrendsConfig } from './frends.config.ts';
import { chosenDeployment } from './frends.deployment-choice.ts';
import { isGuid, lineageOf } from './frends.lineage.ts';
import { nameOf } from './frends.mapper.ts';
import type { FrendsStartOptions } from './frends.options.ts';
import type { FrendsRelease } from './frends.release.ts';
import { runIdOf } from './frends.run-mapper.ts';
import type { InstanceWire } from './frends.run-wire.ts';
import type { FrendsRunsClient } from './frends.runs-client.ts';
import { textsOf } from './frends.texts.ts';
import type { DeploymentWire, ProcessListItemWire } from './frends.wire.ts';

/** What is stored of a start before it is sent. The mark stays here: the platform takes none. */
const evidenceShape = z.object({
  deploymentId: z.string(),
  agentGroupId: z.string(),
  processGuid: z.string(),
  parameters: z.record(z.string(), z.string()),
  mark: z.string(),
});
type Evidence = z.output<typeof evidenceShape>;

/** How far the clocks of the gateway and the platform may be apart, in ms. */
const slackMs = 60_000;
const guidPattern = /[\da-f]{8}-(?:[\da-f]{4}-){3}[\da-f]{12}/gi;

/** What the starts of a connection work with. */
export interface FrendsStartsTools {
  readonly client: FrendsClient;
  readonly runs: FrendsRunsClient;
  readonly release: FrendsRelease;
}

/** Starts of Frends: the execution of a deployment, which takes no mark. */
export class FrendsStarts implements StartsPart {
  /** Where only errors are logged a good run leaves no trace: nothing proves that there was none. */
  readonly repeatable = false;
  readonly timeoutMs: number;
  /** Of no effect: what shows no mark is never taken for absent. */
  readonly showsWithinMs = 30_000;
  readonly #tools: FrendsStartsTools;
  readonly #config: FrendsConfig;

  constructor(tools: FrendsStartsTools, config: FrendsConfig) {
    this.#tools = tools;
    this.#config = config;
    this.timeoutMs = config.timeout;
  }

  async prepare(request: StartRequest, signal: AbortSignal): Promise<readonly Native[]> {
    const { client, release } = this.#tools;
    if (!(await release.canExecute(signal))) {
      throw new CapabilityNotSupportedError(
        `The release of Frends (${this.#config.id}) cannot start runs: its API document has no execute of deployments.`,
        this.#refused({}),
      );
    }
    const parameters = this.#parameters(request.input);
    const [guid = ''] = decodeKey(request.process);
    if (!isGuid(guid)) throw this.#missing(`no process ${request.process}`);
    const [versions, all] = await Promise.all([
      client.listProcesses(guid, signal),
      client.listDeployments(guid, signal),
    ]);
    const current = lineageOf(guid, versions)?.current ?? null;
    if (current === null) throw this.#missing(`no process ${guid}`);
    const deployment = this.#chosen(request, current, all);
    const evidence: Evidence = {
      deploymentId: String(deployment.deploymentId),
      agentGroupId: String(deployment.agentGroup.id),
      processGuid: guid,
      parameters,
      mark: request.mark,
    };
    return [evidence];
  }

  async send(evidence: Native, departure: Departure): Promise<StartReceipt> {
    const order = this.#read(evidence);
    const { deploymentId, parameters } = order;
    const location = await this.#tools.runs.execute(deploymentId, parameters, departure);
    return { nativeId: location === null ? null : runIdAt(location, order) };
  }

  /** Nothing of a start shows in its run, and a run need not show at all: a person has to look. */
  async reconcile(
    evidence: Native,
    sent: SentWindow,
    signal: AbortSignal,
  ): Promise<Reconciliation<StartReceipt>> {
    const { agentGroupId, processGuid } = this.#read(evidence);
    const startTime = fromEpochMs(sent.from - slackMs) ?? new Date(0).toISOString();
    const query = { processGuids: [processGuid], startTime, endTime: null };
    const listed = await this.#tools.runs.listInstances(agentGroupId, query, signal);
    const until = sent.until + slackMs;
    const candidates = listed
      .filter(
        (wire) => wire.processGuid === processGuid && mayBeIt(wire, sent.from - slackMs, until),
      )
      .map(({ executionId }) => runIdOf({ agentGroupId, executionId }));
    const why =
      candidates.length === 0
        ? 'Frends shows no run of this process at that time, which proves nothing: where only errors are logged, good runs leave no trace.'
        : `Frends takes no mark, and shows ${candidates.length === 1 ? 'a run' : `${candidates.length} runs`} of this process at that time: a person has to tell whether this start is among them.`;
    return { state: 'undecided', why, candidates: [...new Set(candidates)] };
  }

  #chosen(
    { deployment, version, options }: StartRequest,
    current: ProcessListItemWire,
    all: readonly DeploymentWire[],
  ): DeploymentWire {
    const { agentGroup } = options as FrendsStartOptions;
    const own = all.filter((each) => each.processGuid === current.uniqueIdentifier);
    const wanted = {
      process: nameOf(current),
      deployment,
      version: version === 'latest' ? String(current.version) : version,
      agentGroup: agentGroup ?? null,
    };
    const deployments = uniqueBy(own, (each) => String(each.deploymentId));
    return chosenDeployment(deployments, wanted, this.#refused({}));
  }

  #parameters(input: Native): Readonly<Record<string, string>> {
    const { texts, errors } = textsOf(input, 'input');
    if (errors.length === 0) return texts;
    throw new InvalidRequestError(
      `Frends takes texts as parameters; these are none: ${errors.map(({ at }) => at).join(', ')}.`,
      this.#refused({ errors }),
    );
  }

  #read(evidence: Native): Evidence {
    const { data } = evidenceShape.safeParse(evidence);
    if (data !== undefined) return data;
    const details = this.#refused({ sent: 'no' });
    throw new InternalError('What was stored of a start cannot be read any more.', details);
  }

  #missing(what: string): NotFoundError {
    return new NotFoundError(`Frends (${this.#config.id}) has ${what}.`, this.#refused({}));
  }

  #refused(details: ErrorDetails): ErrorDetails {
    const { id: connection, platform } = this.#config;
    return { connection, platform, outcome: 'not_sent', ...details };
  }
}

/** Where runs are looked up; the form of the address is documented nowhere, so any GUID but the process's own counts. */
export function runIdAt(
  location: string,
  { agentGroupId, processGuid }: Pick<Evidence, 'agentGroupId' | 'processGuid'>,
): string | null {
  const [place = ''] = location.split(/[?#]/);
  const [, group = agentGroupId] = /\/instances\/(\d{1,15})\//i.exec(place) ?? [];
  const guids = [...place.matchAll(guidPattern)].map(([guid]) => guid.toLowerCase());
  const [executionId, ...more] = [...new Set(guids)].filter((guid) => guid !== processGuid);
  return executionId === undefined || more.length > 0
    ? null
    : runIdOf({ agentGroupId: group, executionId });
}

/** Whether a run can have come from a start of that time: one that no other run has started. */
function mayBeIt({ parentId, startTimeUtc }: InstanceWire, from: number, until: number): boolean {
  const begun = toInstant(startTimeUtc);
  const at = begun === null ? null : Date.parse(begun);
  const isTop = parentId === null || parentId === undefined;
  return isTop && (at === null || (at >= from && at <= until));
}
