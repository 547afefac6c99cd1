import { afterEach, expect } from '@jest/globals';
import type { ChangedItem, ChangeReceipt } from '../../domain/change.ts';
import type {
  ConflictMode,
  ImportFile,
  ImportPart,
  Observation,
  ReadablePackage,
} from '../../domain/import.ts';
import type { Native } from '../../domain/native.ts';
import type { VersionRecord } from '../../domain/version.ts';
import type { Departure, Reconciliation } from '../../domain/write.ts';
import { readNupkg } from '../../sandbox/uipath/nupkg.ts';
import { deadline } from '../../timing/deadline.ts';
import { packageOf, StoredBytes } from './nupkg.testing.ts';
import type { UipathConfig } from './uipath.config.ts';
import { AskedUipath, base } from './uipath.testing.ts';

type Settings = Partial<UipathConfig>;

/** Where packages are uploaded to. */
export const upload = 'UploadPackage';

/** Imports as the gateway makes them, and what the sandbox shows of them. */
export class ImportedUipath {
  readonly asked = new AskedUipath();
  readonly #stored = new Map<string, StoredBytes>();

  constructor() {
    afterEach(() => {
      this.asked.sandbox.reset();
      expect([...this.#stored.values()].filter(({ unread }) => unread !== 0)).toEqual([]);
      this.#stored.clear();
    });
  }

  signal(): AbortSignal {
    return deadline(15_000);
  }

  part(settings: Settings = {}): ImportPart {
    return this.asked.part('import', settings);
  }

  /** Stored as a gateway does. */
  stored(bytes: Buffer): StoredBytes {
    const id = `file-${this.#stored.size + 1}`;
    const file = new StoredBytes(bytes, `${id}.nupkg`, id);
    this.#stored.set(id, file);
    return file;
  }

  async file(bytes: Buffer): Promise<ImportFile> {
    const file: ReadablePackage = this.stored(bytes);
    const { id, name, length, sha256 } = file;
    return { id, name, length, sha256, ...(await this.part().inspect(file, this.signal())) };
  }

  /** What is kept of an import of packages, as it comes back from where it is kept. */
  async prepared(onConflict: ConflictMode, ...packages: readonly Buffer[]): Promise<Native> {
    const files: ImportFile[] = [];
    for (const bytes of packages) files.push(await this.file(bytes));
    return kept(this.part().prepare({ files, onConflict }));
  }

  async observed(evidence: Native, settings: Settings = {}): Promise<Observation> {
    return kept(await this.part(settings).observe(evidence, this.signal()));
  }

  /** Prepared, and observed. */
  async planned(onConflict: ConflictMode, ...packages: readonly Buffer[]): Promise<Observation> {
    return this.observed(await this.prepared(onConflict, ...packages));
  }

  async send(
    { evidence }: Pick<Observation, 'evidence'>,
    { settings = {}, ...changes }: Partial<Departure> & { settings?: Settings } = {},
  ): Promise<ChangeReceipt> {
    const permitted: number[] = [];
    const before = this.uploads();
    const work = this.part(settings).send(evidence, {
      signal: this.signal(),
      permit: () => permitted.push(this.uploads() - before),
      openFile: (id) => this.#opened(id).open(),
      ...changes,
    });
    await Promise.allSettled([work]);
    // Each was asked for right before it left.
    expect(permitted).toEqual(permitted.map((_, at) => at));
    return work;
  }

  async look({ evidence }: Pick<Observation, 'evidence'>): Promise<Reconciliation<ChangeReceipt>> {
    const now = Date.now();
    return this.part().reconcile(evidence, { from: now, until: now }, this.signal());
  }

  /** So many uploads have reached the platform. */
  uploads(): number {
    return this.asked.asked(upload).length;
  }

  /** `Id:Version` of every upload that really took effect. */
  effects(): readonly string[] {
    return this.asked.sandbox
      .ledger()
      .filter(({ effect }) => effect === 'package.uploaded')
      .map(({ details }) => `${String(details['id'])}:${String(details['version'])}`);
  }

  async versions(key: string): Promise<readonly VersionRecord[]> {
    return (await this.asked.part('versions').list(key, this.signal())) ?? [];
  }

  /** Somebody else uploads a package. */
  async others(bytes: Buffer): Promise<void> {
    if (readNupkg(bytes) === null) throw new Error('that is no package');
    const form = new FormData();
    form.append('file', new Blob([new Uint8Array(bytes)]), 'others.nupkg');
    const place = `odata/Processes/UiPath.Server.Configuration.OData.${upload}`;
    const answer = await fetch(`${this.asked.sandbox.url}${base}/${place}`, {
      method: 'POST',
      headers: { authorization: 'Bearer sandbox-token' },
      body: form,
    });
    if (!answer.ok) throw new Error(await answer.text());
  }

  #opened(id: string): StoredBytes {
    const found = this.#stored.get(id);
    if (found === undefined) throw new Error(`there is no file ${id}`);
    return found;
  }
}

/** What an item is about, and what becomes of it. */
export function told(items: readonly ChangedItem[]): readonly string[] {
  return items.map(
    ({ process, version, effect, problem }) =>
      `${process} ${version ?? '?'}: ${effect}${problem === null ? '' : ` (${problem.code})`}`,
  );
}

/** A package of the same name with other bytes. */
export function otherPackageOf(id: string, version: string): Buffer {
  return packageOf(id, version, 'another flow');
}

function kept<T>(value: T): T {
  return JSON.parse(JSON.stringify(value)) as T;
}
