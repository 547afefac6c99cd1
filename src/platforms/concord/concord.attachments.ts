import type { Attachment, AttachmentsPart } from '../../domain/adapter.ts';
import type { PackageFile } from '../../domain/package.ts';
import type { RunRef } from '../../domain/run.ts';
import { bodyLengthOf } from '../../upstream/body-length.ts';
import { isSegment } from '../../upstream/path.ts';
import type { ConcordRunClient } from './concord.run-client.ts';
import type { ConcordScope } from './concord.scope.ts';

/** The files that runs leave behind; their names may lead into folders. */
export class ConcordAttachments implements AttachmentsPart {
  readonly #client: ConcordRunClient;
  readonly #scope: ConcordScope;

  constructor(client: ConcordRunClient, scope: ConcordScope) {
    this.#client = client;
    this.#scope = scope;
  }

  async list(run: RunRef, signal: AbortSignal): Promise<readonly Attachment[] | null> {
    if (!(await this.#scope.admits(run.nativeId, run.process, signal))) return null;
    const names = await this.#client.listAttachments(run.nativeId, signal);
    return names?.map((name) => ({ name, mediaType: null, length: null })) ?? null;
  }

  async open(run: RunRef, name: string, signal: AbortSignal): Promise<PackageFile | null> {
    if (!name.split('/').every(isSegment)) return null;
    if (!(await this.#scope.admits(run.nativeId, run.process, signal))) return null;
    const file = await this.#client.openAttachment(run.nativeId, name, signal);
    if (file === null) return null;
    return {
      content: file.body,
      fileName: name.split('/').at(-1) ?? name,
      mediaType: 'application/octet-stream',
      length: bodyLengthOf(file.headers),
      sha256: null,
    };
  }
}
