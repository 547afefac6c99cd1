import { afterEach } from '@jest/globals';
import { createHash, randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import type { ChangedItem, ChangeReceipt } from '../../domain/change.ts';
import type { ConflictMode, ImportFile, ImportPart, Observation } from '../../domain/import.ts';
import type { Native } from '../../domain/native.ts';
import type { Departure, Reconciliation, SentWindow } from '../../domain/write.ts';
import { deadline } from '../../timing/deadline.ts';
import { ChangedOdsl, type Loss } from './odsl.changes.testing.ts';

/** For one step of a test, in ms. */
const patienceMs = 120_000;

/** A file as it is uploaded: JSON of what is no text. */
export interface Upload {
  readonly name: string;
  readonly content: unknown;
}

/** Imports as a gateway and the ledger go through them. */
export class ImportedOdsl extends ChangedOdsl<'configuration'> {
  /** What the store holds. */
  readonly files = new Map<string, Buffer>();
  /** Files that were opened to be sent. */
  opened: string[] = [];
  #import: ImportPart | null = null;

  constructor() {
    super('configuration');
    afterEach(() => {
      this.files.clear();
      this.opened = [];
      this.#import = null;
    });
  }

  get import(): ImportPart {
    return (this.#import ??= this.connect());
  }

  /** From now on imports go by a connection with these fields. */
  connect(fields: object = {}): ImportPart {
    const part = this.open(fields).import;
    if (part === undefined) throw new Error('nothing can be imported');
    this.#import = part;
    return part;
  }

  /** Stores it, and looks into it. */
  async upload(content: unknown, name = 'upload.json'): Promise<ImportFile> {
    const bytes = bytesOf(content);
    const id = randomUUID();
    this.files.set(id, bytes);
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    const stored = { id, name, length: bytes.length, sha256 };
    const open = () => Promise.resolve(inPieces(bytes));
    return { ...stored, ...(await this.import.inspect({ ...stored, open }, deadline(patienceMs))) };
  }

  /** What is kept of it while it waits. */
  async accepted(mode: ConflictMode, ...contents: readonly unknown[]): Promise<Native> {
    const files = await Promise.all(contents.map((content) => this.upload(content)));
    return kept(this.import.prepare({ files, onConflict: mode }));
  }

  async observed(mode: ConflictMode, ...contents: readonly unknown[]): Promise<Observation> {
    return this.observe(await this.accepted(mode, ...contents));
  }

  async observe(evidence: Native): Promise<Observation> {
    const seen = await this.import.observe(evidence, deadline(patienceMs));
    return { ...seen, evidence: kept(seen.evidence) };
  }

  departure(permit = (): void => undefined): Departure {
    return {
      signal: deadline(patienceMs),
      permit,
      openFile: (id) => {
        this.opened.push(id);
        const bytes = this.files.get(id);
        return bytes === undefined
          ? Promise.reject(new Error('there is no such file'))
          : Promise.resolve(inPieces(bytes));
      },
    };
  }

  async sendImport(
    { evidence }: Pick<Observation, 'evidence'>,
    permit?: () => void,
  ): Promise<ChangeReceipt> {
    return this.import.send(evidence, this.departure(permit));
  }

  async look(
    { evidence }: Pick<Observation, 'evidence'>,
    window: Partial<SentWindow> = {},
  ): Promise<Reconciliation<ChangeReceipt>> {
    const sent = { from: Date.now() - 1_000, until: Date.now(), ...window };
    return this.import.reconcile(evidence, sent, deadline(patienceMs));
  }

  /** Sends it; the answer to its save number `which` is lost. */
  async loseSave(seen: Observation, kind: Loss | 'hang', which = 1): Promise<unknown> {
    let left = which;
    const permit = (): void => {
      left -= 1;
      if (left === 0)
        this.sandbox.faults.add({ method: 'POST', path: 'process/v1', times: 1, fault: { kind } });
    };
    const error: unknown = await this.sendImport(seen, permit).catch((reason: unknown) => reason);
    this.sandbox.faults.clear();
    if (!(error instanceof Error)) throw new Error('its answer was not lost');
    return error;
  }

  /** A version as it is downloaded. */
  async downloaded(key: string, version: string): Promise<Upload> {
    const { packages } = this.open();
    const file = await packages?.download(key, version, deadline(patienceMs));
    if (file === null || file === undefined) throw new Error(`no version ${version} of ${key}`);
    return { name: file.fileName, content: await buffer(file.content) };
  }

  /** What stands, without what the platform keeps itself. */
  async content(id: string): Promise<Native | null> {
    const stands = await this.shown(`/${encodeURIComponent(id)}`);
    if (stands === null) return null;
    const { _id, _type, _version, _timestamp, _user, ...content } = stands;
    if ([_id, _type, _version, _timestamp, _user].includes(undefined)) throw new Error('no wire');
    return content;
  }
}

/** What became of each process. */
export function effectsOf({ items }: { readonly items: readonly ChangedItem[] }): string[] {
  return items.map(({ process, effect, version }) => `${process} ${effect} ${version ?? '-'}`);
}

/** What is stored of it comes back from JSON. */
function kept(evidence: Native): Native {
  return JSON.parse(JSON.stringify(evidence)) as Native;
}

function bytesOf(content: unknown): Buffer {
  if (Buffer.isBuffer(content)) return content;
  return Buffer.from(typeof content === 'string' ? content : JSON.stringify(content));
}

/** Characters fall apart between them. */
function inPieces(bytes: Buffer): Readable {
  const size = Math.max(Math.ceil(bytes.length / 7), 1);
  const starts = Array.from({ length: Math.ceil(bytes.length / size) }, (_, at) => at * size);
  return Readable.from(starts.map((start) => bytes.subarray(start, start + size)));
}
