import type { StartsPart } from '../../domain/adapter.ts';
import type { Native } from '../../domain/native.ts';
import type { StartReceipt, StartRequest } from '../../domain/run.ts';
import type { Departure, Reconciliation, SentWindow } from '../../domain/write.ts';
import type { Admitted, ConcordAdmission } from './concord.admission.ts';
import type { ConcordConfig } from './concord.config.ts';
import { type StartEvidence, startEvidenceOf } from './concord.evidence.ts';
import {
  type FormBody,
  formOf,
  type FormPart,
  jsonType,
  parameterType,
} from './concord.multipart.ts';
import type { ConcordRunClient, Sending } from './concord.run-client.ts';
import { markKey } from './concord.run-mapper.ts';
import { type ConcordStartOptions } from './concord.start-options.ts';
import { startRefusal } from './concord.start-refusal.ts';
import { showsWithinMs, traceOf } from './concord.trace.ts';

/** The organization that starts by path mean. */
const pathOrganization = 'Default';

/** Starts of flows. The server answers before it has looked at the flow, so what is wrong with that shows in the run. */
export class ConcordStarts implements StartsPart {
  /** A mark in `meta` proves that nothing was started. */
  readonly repeatable = true;
  readonly timeoutMs: number;
  readonly showsWithinMs = showsWithinMs;
  readonly #client: ConcordRunClient;
  readonly #admission: ConcordAdmission;
  readonly #style: StartEvidence['style'];

  constructor(client: ConcordRunClient, admission: ConcordAdmission, config: ConcordConfig) {
    this.#client = client;
    this.#admission = admission;
    this.timeoutMs = config.timeout;
    this.#style = config.startStyle === 'path' ? 'path' : 'form';
  }

  async prepare(request: StartRequest, signal: AbortSignal): Promise<readonly Native[]> {
    this.#refuse('version', request.version);
    this.#refuse('deployment', request.deployment);
    const options = request.options as ConcordStartOptions;
    if ((options.branch ?? null) !== null && (options.commit ?? null) !== null)
      throw this.#admission.invalid(
        'The flow is taken from a branch or from a commit.',
        'options.commit',
        'cannot be said together with branch',
      );
    const admitted = await this.#admission.admit(request.process, signal);
    if ((options.out ?? []).length > 0) this.#admission.allowOut(admitted.project);
    if (options.dryRun === true) await this.#admission.allowDryRun('options.dryRun', signal);
    if (this.#style === 'path') await this.#fitsPath(admitted, signal);
    const evidence: StartEvidence = {
      style: this.#style,
      place: admitted.place,
      request: configurationOf(request, options),
      out: options.out ?? [],
      branch: options.branch ?? null,
      commit: options.commit ?? null,
      mark: request.mark,
    };
    return [evidence];
  }

  /** What runs is what the branch holds. */
  #refuse(field: 'version' | 'deployment', value: string | null): void {
    if (value === null) return;
    const what = `Concord has no ${field}s; another state of the flows is named by options.branch or options.commit.`;
    throw this.#admission.invalid(what, field, `must be left out: Concord has no ${field}s`);
  }

  async #fitsPath({ place }: Admitted, signal: AbortSignal): Promise<void> {
    await this.#admission.allowPaths(signal);
    if (place.organization === pathOrganization && !place.flow.includes(':')) return;
    throw this.#admission.rejected(
      `A start by path reaches only the organization ${pathOrganization}, and no flow with a colon in its name: set startStyle of the connection to form.`,
    );
  }

  async send(evidence: Native, departure: Departure): Promise<StartReceipt> {
    const start = startEvidenceOf(evidence);
    const { signal, permit } = departure;
    const sending: Sending = { signal, permit, timeoutMs: this.timeoutMs };
    try {
      const nativeId =
        start.style === 'path'
          ? await this.#client.startByPath(targetOf(start), bodyOf(start), sending)
          : await this.#client.startByForm(formBodyOf(start), sending);
      return { nativeId };
    } catch (error) {
      throw startRefusal(error, start.place.project);
    }
  }

  async reconcile(
    evidence: Native,
    sent: SentWindow,
    signal: AbortSignal,
  ): Promise<Reconciliation<StartReceipt>> {
    const { place, mark } = startEvidenceOf(evidence);
    return traceOf(this.#client, { project: place, mark }, sent, signal);
  }
}

function configurationOf({ input, labels }: StartRequest, options: ConcordStartOptions): Native {
  const { activeProfiles = [], dryRun } = options;
  return {
    arguments: input,
    ...(labels.length === 0 ? {} : { tags: labels }),
    ...(activeProfiles.length === 0 ? {} : { activeProfiles }),
    ...(dryRun === true ? { dryRun } : {}),
  };
}

/** `meta` is a part of its own: within `request` it would be read only after the run is there. */
function formBodyOf({ place, request, out, branch, commit, mark }: StartEvidence): FormBody {
  const fields: readonly (readonly [name: string, value: string | null])[] = [
    ['org', place.organization],
    ['project', place.project],
    ['repo', place.repository],
    ['entryPoint', place.flow],
    ['out', out.join(',')],
    ['repoBranchOrTag', branch],
    ['repoCommitId', commit],
  ];
  const texts = fields.flatMap(([name, value]): FormPart[] =>
    value === null || value === '' ? [] : [{ name, type: parameterType, content: value }],
  );
  return formOf([
    { name: 'meta', type: jsonType, content: JSON.stringify({ [markKey]: mark }) },
    { name: 'request', type: jsonType, content: JSON.stringify(request) },
    ...texts,
  ]);
}

function targetOf({ place: { project, repository, flow } }: StartEvidence): string {
  return flow === '' ? `${project}:${repository}` : `${project}:${repository}:${flow}`;
}

/** Named in the query, as the documents of 2017 say, `out` has no effect on the newer runtime. */
function bodyOf({ request, out, branch, commit, mark }: StartEvidence): Native {
  return {
    ...request,
    meta: { [markKey]: mark },
    ...(out.length === 0 ? {} : { out }),
    ...(branch === null ? {} : { repoBranchOrTag: branch }),
    ...(commit === null ? {} : { repoCommitId: commit }),
  };
}
