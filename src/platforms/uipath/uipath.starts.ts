import { z } from 'zod';
import type { StartsPart } from '../../domain/adapter.ts';
import type { DeploymentRecord } from '../../domain/deployment.ts';
import {
  type ErrorDetails,
  GatewayError,
  InternalError,
  NotFoundError,
  RecalledError,
  UpstreamContractError,
  UpstreamRejectedError,
} from '../../domain/errors.ts';
import { decodeKey } from '../../domain/ids.ts';
import type { Native } from '../../domain/native.ts';
import type { StartReceipt, StartRequest } from '../../domain/run.ts';
import type { Departure, Reconciliation, SentWindow } from '../../domain/write.ts';
import { chosenRelease } from './uipath.release-choice.ts';
import type { UipathFiles } from './uipath.files.ts';
import type { PackageInput } from './uipath.inputs.ts';
import { nativeIdOf } from './uipath.run-mapper.ts';
import type { UipathRunsClient } from './uipath.runs-client.ts';
import type { UipathRuns } from './uipath.runs.ts';
import { startInfos } from './uipath.start-info.ts';

/** Longer arguments go into a file (`StartProcessDto.InputArguments`). */
const longestInput = 10_000;

/** The vendor promises no time in which a job is in every list; its own clients poll every few seconds. In ms. */
const showsWithinMs = 15_000;

/** What a start has to know of packages and releases. */
export interface StartPlaces {
  /** Of a package, in the connection's folder. */
  deployments(id: string, signal: AbortSignal): Promise<readonly DeploymentRecord[]>;
  /** A version in the platform's own spelling; null when there is none. */
  version(id: string, version: string, signal: AbortSignal): Promise<string | null>;
  exists(id: string, signal: AbortSignal): Promise<boolean>;
  /** What a version takes; null when that cannot be read. */
  input(id: string, version: string, signal: AbortSignal): Promise<PackageInput | null>;
}

/** What a start is made of. */
export interface StartTools {
  readonly client: UipathRunsClient;
  readonly runs: UipathRuns;
  readonly files: UipathFiles;
  readonly places: StartPlaces;
}

/** Everything that one job takes. */
const evidenceSchema = z.object({
  reference: z.string().min(1),
  release: z.object({
    id: z.string(),
    key: z.string(),
    name: z.string(),
    version: z.string().nullable(),
    /** Id of its package. */
    process: z.string().nullish(),
    /** The workflow that it begins with; null for the main one. */
    entryPoint: z.string().nullish(),
    /** Whether it was given arguments of its own, which a start without any uses. */
    hasInput: z.boolean().nullish(),
  }),
  /** `StartProcessDto` without a file. */
  startInfo: z.record(z.string(), z.unknown()),
  /** Arguments that are too long for `startInfo`, as JSON. */
  input: z.string().nullable(),
});
type Evidence = z.output<typeof evidenceSchema>;

/** Starts: each makes one job, which carries the mark as its `Reference`. */
export class UipathStarts implements StartsPart {
  readonly repeatable = true;
  readonly timeoutMs: number;
  readonly showsWithinMs = showsWithinMs;
  readonly #tools: StartTools;

  constructor(tools: StartTools) {
    this.timeoutMs = tools.client.timeoutMs;
    this.#tools = tools;
  }

  async prepare(request: StartRequest, signal: AbortSignal): Promise<readonly Native[]> {
    const infos = startInfos(request, this.#unsent);
    const release = await this.#release(request, signal);
    const { key, ...ids } = release.nativeIds;
    if (key === undefined)
      throw new InternalError(`a release without a key: ${JSON.stringify(ids)}`);
    // An empty object would take the place of the arguments that the release was given.
    const isEmpty = Object.keys(request.input).length === 0;
    const text = isEmpty ? null : JSON.stringify(request.input);
    const isLong = text !== null && text.length > longestInput;
    if (isLong) await this.#refuseWithoutFiles(text.length, signal);
    return infos.map((info): Evidence => ({
      reference: info.Reference,
      release: { ...ownOf(release), key, process: decodeKey(request.process)[0] ?? null },
      startInfo: {
        ReleaseKey: key,
        ...info,
        ...(text === null || isLong ? {} : { InputArguments: text }),
      },
      input: isLong ? text : null,
    }));
  }

  async inputSchema(evidence: Native, signal: AbortSignal): Promise<Native | null> {
    const { release, startInfo, input } = evidenceOf(evidence);
    const { process, version, entryPoint, hasInput } = release;
    const isEmpty = input === null && startInfo['InputArguments'] === undefined;
    if (typeof process !== 'string' || version === null || (isEmpty && hasInput === true))
      return null;
    const found = await this.#tools.places.input(process, version, signal);
    // Of workflows beside the main one the platform does not tell what they take.
    const isMain = (entryPoint ?? found?.entryPoint) === found?.entryPoint;
    return isMain ? (found?.schema ?? null) : null;
  }

  async send(evidence: Native, { permit, signal }: Departure): Promise<StartReceipt> {
    const { startInfo, input, reference } = evidenceOf(evidence);
    const file = input === null ? {} : { InputFile: await this.#stored(reference, input, signal) };
    const jobs = await this.#tools.client.startJobs({ ...startInfo, ...file }, permit, signal);
    const [job, ...more] = jobs;
    if (job === undefined || more.length > 0) {
      throw new UpstreamContractError(
        `${this.#who} answered a start of one job with ${jobs.length}.`,
        { ...this.#names, sent: 'maybe' },
      );
    }
    return { nativeId: nativeIdOf(job) };
  }

  /** Every job of the time in question is read and compared here: nobody vouches for a filter by `Reference`. */
  async reconcile(
    evidence: Native,
    sent: SentWindow,
    signal: AbortSignal,
  ): Promise<Reconciliation<StartReceipt>> {
    const { reference } = evidenceOf(evidence);
    const jobs = await this.#tools.runs.window(sent, signal);
    const own = jobs.filter((job) => job.Reference === reference);
    const [only, ...more] = own;
    if (only !== undefined && more.length === 0)
      return { state: 'applied', receipt: { nativeId: nativeIdOf(only) } };
    if (only !== undefined) {
      const why = `${own.length} jobs carry the reference ${reference}: somebody has restarted it, or it was started more than once.`;
      return { state: 'undecided', why, candidates: own.map(nativeIdOf) };
    }
    if (jobs.some((job) => job.Reference === undefined)) {
      const why = `${this.#who} does not show the references of jobs, so none of them can be recognised.`;
      return { state: 'undecided', why, candidates: [] };
    }
    return { state: 'absent' };
  }

  async #release(request: StartRequest, signal: AbortSignal): Promise<DeploymentRecord> {
    const [id = ''] = decodeKey(request.process);
    const { places } = this.#tools;
    const [standing, version] = await Promise.all([
      places.deployments(id, signal),
      request.version === null ? null : places.version(id, request.version, signal),
    ]);
    if (standing.length === 0 && !(await places.exists(id, signal)))
      throw new NotFoundError(`There is no process ${id}.`, this.#unsent);
    if (request.version !== null && version === null) {
      throw new NotFoundError(`${id} has no version ${request.version}.`, {
        ...this.#unsent,
        errors: [{ at: 'version', message: 'must be a version of the process' }],
      });
    }
    const { deployment } = request;
    return chosenRelease(standing, { process: id, deployment, version, details: this.#unsent });
  }

  async #refuseWithoutFiles(length: number, signal: AbortSignal): Promise<void> {
    if (await this.#tools.files.exist(signal)) return;
    throw new UpstreamRejectedError(
      `${this.#who} takes ${longestInput} characters of input, and this has ${length}. From API version 20 on it takes more.`,
      {
        ...this.#unsent,
        errors: [
          { at: 'input', message: `must not be longer than ${longestInput} characters as JSON` },
        ],
      },
    );
  }

  /** The start itself has not left yet, whatever happens to its file. */
  async #stored(reference: string, input: string, signal: AbortSignal): Promise<string> {
    try {
      return await this.#tools.files.store(`${reference}.json`, Buffer.from(input), signal);
    } catch (error) {
      if (!(error instanceof GatewayError)) throw error;
      throw new RecalledError(error, error.message, { ...error.details, sent: 'no' });
    }
  }

  get #who(): string {
    const { title, connection } = this.#tools.client.name;
    return `${title} (${connection})`;
  }

  get #names(): ErrorDetails {
    const { connection, platform } = this.#tools.client.name;
    return { connection, platform };
  }

  get #unsent(): ErrorDetails {
    return { ...this.#names, sent: 'no', outcome: 'not_sent' };
  }
}

/** What a start needs to know of its release. */
function ownOf({
  id,
  name,
  version,
  settings,
}: DeploymentRecord): Omit<Evidence['release'], 'key'> {
  const entryPoint = settings?.['entryPointPath'];
  return {
    id,
    name,
    version,
    entryPoint: typeof entryPoint === 'string' && entryPoint !== '' ? entryPoint : null,
    hasInput: (settings?.['inputArguments'] ?? null) !== null,
  };
}

function evidenceOf(evidence: Native): Evidence {
  const { data, error } = evidenceSchema.safeParse(evidence);
  if (data === undefined)
    throw new InternalError('the evidence of a start is not its own', { cause: error });
  return data;
}
