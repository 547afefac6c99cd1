import type { Readable } from 'node:stream';
import { type ErrorDetails, UpstreamContractError } from '../../domain/errors.ts';
import { path } from '../../upstream/path.ts';
import type { UpstreamAnswer } from '../../upstream/upstream-call.ts';
import type { UpstreamClient } from '../../upstream/upstream-client.ts';
import { keepsFiles } from './build-info.ts';
import type { UipathConfig } from './uipath.config.ts';
import { folderHeaders } from './uipath.folder.ts';
import type { UipathStorage } from './uipath.storage.ts';
import {
  type AttachmentWire,
  attachmentWire,
  type JobAttachmentWire,
  jobAttachmentsWire,
} from './uipath.wire.ts';

/** Files beside jobs: input that is too long for its member, and what jobs leave behind. */
export class UipathFiles {
  readonly #http: UpstreamClient;
  readonly #storage: UipathStorage;
  readonly #folder: Readonly<Record<string, string>>;

  constructor(http: UpstreamClient, storage: UipathStorage, { folder }: UipathConfig) {
    this.#http = http;
    this.#storage = storage;
    this.#folder = folderHeaders(folder);
  }

  /** Whether this release of the platform has them. */
  async exist(signal: AbortSignal): Promise<boolean> {
    const answer = await this.#http.text({ path: '/api/Status/Get', signal });
    return keepsFiles(answer?.headers['api-supported-versions'] ?? null);
  }

  /** Stores a file and gives its id; one that nobody refers to does nothing. */
  async store(name: string, content: Buffer, signal: AbortSignal): Promise<string> {
    const answer = await this.#http.json(attachmentWire, {
      method: 'POST',
      path: '/odata/Attachments',
      headers: { ...this.#folder, 'content-type': 'application/json' },
      body: JSON.stringify({ Name: name }),
      repeatable: true,
      signal,
    });
    if (answer === null) throw this.#broken('no file');
    const { Id: id, BlobFileAccess: access } = answer.body;
    if (access.Verb?.toUpperCase() !== 'PUT') throw this.#broken('a file that cannot be put');
    await this.#storage.put(access, content, signal);
    return id;
  }

  /** Null when there is none, or no longer any bytes of it. */
  async read(id: string, signal: AbortSignal): Promise<UpstreamAnswer<Readable> | null> {
    const found = await this.#find(id, signal);
    return found === null ? null : this.#storage.get(found.BlobFileAccess, signal);
  }

  /** What is attached to a job; null when the platform knows nothing of it. */
  async ofJob(jobKey: string, signal: AbortSignal): Promise<readonly JobAttachmentWire[] | null> {
    const answer = await this.#http.json(jobAttachmentsWire, {
      path: '/api/JobAttachments/GetByJobKey',
      query: { jobKey },
      headers: this.#folder,
      absent: [404],
      signal,
    });
    return answer?.body ?? null;
  }

  async #find(id: string, signal: AbortSignal): Promise<AttachmentWire | null> {
    const answer = await this.#http.json(attachmentWire, {
      path: path`/odata/Attachments(${id})`,
      headers: this.#folder,
      absent: [404],
      signal,
    });
    return answer?.body ?? null;
  }

  #broken(what: string): UpstreamContractError {
    const { connection, platform, title } = this.#http.name;
    const details: ErrorDetails = { connection, platform, sent: 'maybe' };
    const message = `${title} (${connection}) answered POST /odata/Attachments with ${what}.`;
    return new UpstreamContractError(message, details);
  }
}
