import type { Attachment, AttachmentsPart } from '../../domain/adapter.ts';
import { decodeKey } from '../../domain/ids.ts';
import type { PackageFile } from '../../domain/package.ts';
import type { RunRef } from '../../domain/run.ts';
import { fileNameOf } from '../../upstream/file-name.ts';
import type { UipathFiles } from './uipath.files.ts';
import { isGuid } from './uipath.key.ts';
import type { UipathRuns } from './uipath.runs.ts';

const mediaType = /^[\w.+-]+\/[\w.+-]+$/;

/** A file of a run, under a name that no other of it has. */
interface Named {
  readonly id: string;
  readonly name: string;
}

/** What runs leave behind: the files that are attached to a job. */
export class UipathAttachments implements AttachmentsPart {
  readonly #files: UipathFiles;
  readonly #runs: UipathRuns;

  constructor(files: UipathFiles, runs: UipathRuns) {
    this.#files = files;
    this.#runs = runs;
  }

  async list(run: RunRef, signal: AbortSignal): Promise<readonly Attachment[] | null> {
    const found = await this.#named(run, signal);
    // The platform says neither.
    return found?.map(({ name }) => ({ name, mediaType: null, length: null })) ?? null;
  }

  async open(run: RunRef, name: string, signal: AbortSignal): Promise<PackageFile | null> {
    const found = (await this.#named(run, signal))?.find((each) => each.name === name);
    const answer = found === undefined ? null : await this.#files.read(found.id, signal);
    if (answer === null) return null;
    const { body, headers } = answer;
    const length = Number(headers['content-length'] ?? Number.NaN);
    const type = headers['content-type']?.split(';')[0]?.trim() ?? '';
    return {
      content: body,
      fileName: fileNameOf(undefined, /\.\w+$/.test(name) ? name : `${name}.bin`),
      mediaType: mediaType.test(type) ? type : 'application/octet-stream',
      length: headers['content-encoding'] === undefined && Number.isInteger(length) ? length : null,
      sha256: null,
    };
  }

  async #named({ nativeId }: RunRef, signal: AbortSignal): Promise<readonly Named[] | null> {
    const [key = ''] = decodeKey(nativeId);
    if (!isGuid(key)) return null;
    const wires = await this.#files.ofJob(key, signal);
    // Nothing of a job that is there, or of one that is not.
    if (wires === null) return (await this.#runs.find(nativeId, signal)) === null ? null : [];
    const times = new Map<string, number>();
    return wires
      .map((wire) => ({ ...wire, name: wire.attachmentName ?? wire.attachmentId }))
      .sort(
        (a, b) =>
          compare(a.creationTime ?? '', b.creationTime ?? '') ||
          compare(a.attachmentId, b.attachmentId),
      )
      .map(({ attachmentId: id, name }) => {
        const time = (times.get(name) ?? 0) + 1;
        times.set(name, time);
        return { id, name: time === 1 ? name : numbered(name, time) };
      });
  }
}

function compare(a: string, b: string): number {
  return a === b ? 0 : a < b ? -1 : 1;
}

/** `report.csv` → `report (2).csv`. */
function numbered(name: string, time: number): string {
  const [, stem = name, ending = ''] = /^(.+)(\.\w{1,20})$/su.exec(name) ?? [];
  return `${stem} (${time})${ending}`;
}
