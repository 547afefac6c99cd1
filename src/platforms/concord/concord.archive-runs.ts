import type { ArchiveRunsPart } from '../../domain/adapter.ts';
import type { Native } from '../../domain/native.ts';
import type { FilesStartRequest, StartFile, StartReceipt } from '../../domain/run.ts';
import type { Departure, Reconciliation, SentWindow } from '../../domain/write.ts';
import type { Admitted, ConcordAdmission } from './concord.admission.ts';
import { type FilesEvidence, filesEvidenceOf } from './concord.evidence.ts';
import { fileType, formOf, type FormPart, jsonType, parameterType } from './concord.multipart.ts';
import { isObject } from './concord.native.ts';
import { partNameProblem, projectFiles } from './concord.part-names.ts';
import type { ConcordRunClient } from './concord.run-client.ts';
import { markKey } from './concord.run-mapper.ts';
import { startRefusal } from './concord.start-refusal.ts';
import { showsWithinMs, traceOf } from './concord.trace.ts';

/** As a parameter that nests by dots. */
const markName = `meta.${markKey}`;

/** The line to the server is believed to be so fast at least, in bytes per ms. */
const slowestLine = 250;
/** No upload takes longer, in ms. */
const longestUploadMs = 5 * 60_000;

/** Starts that bring their flows or files along. */
export class ConcordArchiveRuns implements ArchiveRunsPart {
  readonly repeatable = true;
  readonly timeoutMs: number;
  readonly showsWithinMs = showsWithinMs;
  readonly #client: ConcordRunClient;
  readonly #admission: ConcordAdmission;

  constructor(client: ConcordRunClient, admission: ConcordAdmission, timeoutMs: number) {
    this.#client = client;
    this.#admission = admission;
    this.timeoutMs = timeoutMs;
  }

  uploadMs(evidence: Native): number {
    const { archive, files } = filesEvidenceOf(evidence);
    const bytes = files.reduce((sum, { length }) => sum + length, archive?.length ?? 0);
    return Math.min(Math.ceil(bytes / slowestLine), longestUploadMs);
  }

  async prepare(request: FilesStartRequest, signal: AbortSignal): Promise<Native> {
    this.#checkParts(request);
    const { process } = request;
    const admitted = process === null ? null : await this.#admission.admit(process, signal);
    if (admitted !== null) this.#checkProject(admitted, request);
    if (wantsDryRun(request)) await this.#admission.allowDryRun('dryRun', signal);
    const place = admitted?.place ?? null;
    const flow = request.entryPoint ?? place?.flow ?? '';
    const evidence: FilesEvidence = {
      place,
      entryPoint: flow === '' ? null : flow,
      archive: request.archive,
      files: [...request.files],
      request: { ...request.request },
      parameters: { ...request.parameters },
      mark: request.mark,
    };
    return evidence;
  }

  #checkParts({ process, archive, files, request, parameters }: FilesStartRequest): void {
    const fail = (at: string, message: string): never => {
      throw this.#admission.invalid('The start cannot be sent like this.', at, message);
    };
    if (process === null && archive === null && !files.some(isProjectFile))
      fail('archive', 'must be given, or a file concord.yml, where no process is named');
    for (const name of [...files.map((file) => file.name), ...Object.keys(parameters)]) {
      const problem = partNameProblem(name);
      if (problem !== null) fail(name, problem);
    }
    // A mark of the caller's would hide the run from whoever looks whether its start has arrived.
    const { meta } = request;
    if (isObject(meta) && Object.hasOwn(meta, markKey))
      fail(`request.meta.${markKey}`, 'is the mark of the gateway');
    for (const name of Object.keys(parameters))
      if (name === markName || name.startsWith(`${markName}.`))
        fail(name, 'is the mark of the gateway');
    for (const member of ['arguments', 'meta'])
      if (request[member] !== undefined && !isObject(request[member]))
        fail(`request.${member}`, 'must be an object');
  }

  #checkProject({ project }: Admitted, request: FilesStartRequest): void {
    if (request.archive !== null || request.files.some(isProjectFile))
      this.#admission.allowPayload(project);
    const { out } = request.request;
    const wantsOut = Array.isArray(out) ? out.length > 0 : typeof out === 'string' && out !== '';
    if (wantsOut || (request.parameters['out'] ?? '') !== '') this.#admission.allowOut(project);
  }

  async send(evidence: Native, departure: Departure): Promise<StartReceipt> {
    const start = filesEvidenceOf(evidence);
    const { signal, permit } = departure;
    const form = formOf(partsOf(start, departure));
    try {
      const timeoutMs = this.timeoutMs + this.uploadMs(evidence);
      const sending = { signal, permit, timeoutMs };
      return { nativeId: await this.#client.startByForm(form, sending) };
    } catch (error) {
      throw startRefusal(error, start.place?.project ?? '');
    } finally {
      // What has not been read by now never will be.
      if (typeof form.body !== 'string') form.body.destroy();
    }
  }

  async reconcile(
    evidence: Native,
    sent: SentWindow,
    signal: AbortSignal,
  ): Promise<Reconciliation<StartReceipt>> {
    const { place, mark } = filesEvidenceOf(evidence);
    return traceOf(this.#client, { project: place, mark }, sent, signal);
  }
}

function partsOf(start: FilesEvidence, { openFile }: Departure): FormPart[] {
  const { place, entryPoint, archive, files, request, parameters, mark } = start;
  const text = (name: string, content: string): FormPart => ({
    name,
    type: parameterType,
    content,
  });
  const json = (name: string, value: Native): FormPart => ({
    name,
    type: jsonType,
    content: JSON.stringify(value),
  });
  const file = ({ name, id, length }: StartFile): FormPart => ({
    name,
    type: fileType,
    content: { length, open: () => openFile(id) },
  });
  return [
    json('meta', { [markKey]: mark }),
    ...(Object.keys(request).length === 0 ? [] : [json('request', request)]),
    ...(place === null ? [] : [text('org', place.organization), text('project', place.project)]),
    // The files of a repository would replace those of the archive.
    ...(place === null || archive !== null ? [] : [text('repo', place.repository)]),
    ...(entryPoint === null ? [] : [text('entryPoint', entryPoint)]),
    ...Object.entries(parameters).map(([name, value]) => text(name, value)),
    ...(archive === null ? [] : [file({ ...archive, name: 'archive' })]),
    ...files.map(file),
  ];
}

function isProjectFile({ name }: StartFile): boolean {
  return projectFiles.includes(name);
}

function wantsDryRun({ request, parameters }: FilesStartRequest): boolean {
  return String(request['dryRun']) === 'true' || parameters['dryRun']?.trim() === 'true';
}
