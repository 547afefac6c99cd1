import { createHash, randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import type { ChangeReceipt } from '../../domain/change.ts';
import type {
  ConflictMode,
  ImportPart,
  Inspection,
  Observation,
  ReadablePackage,
} from '../../domain/import.ts';
import type { Native } from '../../domain/native.ts';
import type { Departure, Reconciliation } from '../../domain/write.ts';
import { ChangingFrends } from './frends.testing.ts';

/** A process as export files write it. */
export type Exported = Readonly<Record<string, unknown>>;

/** The text of a file of some processes. */
export function fileOf(processes: readonly Exported[]): string {
  return `\uFEFF${JSON.stringify({ Processes: processes, LinkedTasks: {}, Version: 'Acc41' })}`;
}

/** A stored file of some bytes, which come in pieces of a size. */
export function packageOf(content: string | Buffer, pieceBytes = 64 * 1_024): ReadablePackage {
  const bytes = Buffer.from(content);
  const pieces = function* (): Generator<Buffer> {
    for (let at = 0; at < bytes.length; at += pieceBytes) yield bytes.subarray(at, at + pieceBytes);
  };
  return {
    id: 'file-1',
    name: 'export.json',
    length: bytes.length,
    sha256: createHash('sha256').update(bytes).digest('hex'),
    open: () => Promise.resolve(Readable.from(pieces())),
  };
}

/** Imports as the gateway and its ledger make them, against a sandbox with its first state for each test. */
export class ImportingFrends extends ChangingFrends {
  #content = '';
  /** How often a request was allowed to leave. */
  permits = 0;

  /** What it did shows soon, so that nobody waits for that. */
  get part(): ImportPart {
    return Object.assign(this.parts.import, { showsWithinMs: 20 });
  }

  /** The export of a process, with other members where they are given. */
  async exported(name: string, members: Exported = {}): Promise<Exported> {
    const file = await this.parts.packages.download(this.key(name), 'latest', this.signal());
    const whole = JSON.parse(await text(file?.content ?? Readable.from([]))) as {
      readonly Processes: readonly Exported[];
    };
    return { ...whole.Processes[0], ...members };
  }

  /** A process that the tenant does not have. */
  async unknown(name: string, members: Exported = {}): Promise<Exported> {
    return this.exported('Credit check', {
      UniqueIdentifier: randomUUID(),
      Name: name,
      Bpmn: `<bpmn:definitions id="${name}" />`,
      ...members,
    });
  }

  /** Looked into, accepted, and looked at right before it is sent. */
  async observed(
    processes: readonly Exported[],
    onConflict: ConflictMode,
    part = this.part,
  ): Promise<Observation> {
    this.#content = fileOf(processes);
    const file = packageOf(this.#content);
    const { id, name, length, sha256 } = file;
    const inspection: Inspection = await part.inspect(file, this.signal());
    const stored = { id, name, length, sha256, ...inspection };
    const evidence = part.prepare(kept({ files: [stored], onConflict }));
    return kept(await part.observe(kept(evidence), this.signal()));
  }

  sendImport(
    evidence: Native,
    departure: Partial<Departure> = {},
    part = this.part,
  ): Promise<ChangeReceipt> {
    return this.send(part, evidence, {
      permit: () => {
        this.permits += 1;
      },
      openFile: () => Promise.resolve(Readable.from([Buffer.from(this.#content)])),
      ...departure,
    });
  }

  lookAgain(evidence: Native, isTaken = false): Promise<Reconciliation<ChangeReceipt>> {
    return this.reconcile(this.part, evidence, isTaken);
  }

  /** Somebody else imports something, past the gateway; gives what the platform answers. */
  async importElsewhere(processes: readonly Exported[], importConflict: string): Promise<Exported> {
    const form = new FormData();
    form.set('importConflict', importConflict);
    form.set('file', new Blob([fileOf(processes)]), 'elsewhere.json');
    const answer = await fetch(`${this.sandbox.url}/api/v1/processes/batch-import`, {
      method: 'POST',
      headers: { authorization: 'Bearer sandbox-token' },
      body: form,
    });
    return (await answer.json()) as Exported;
  }

  /** GUIDs and numbers of the versions that imports have made, in their order. */
  made(): { readonly guid: string; readonly version: number }[] {
    return this.sandbox.ledger().flatMap(({ effect, details }) => {
      const { guid, version } = details as { readonly guid: string; readonly version: number };
      return effect === 'process.imported' ? [{ guid, version }] : [];
    });
  }
}

/** What is stored, and given back. */
function kept<T>(value: T): T {
  return JSON.parse(JSON.stringify(value)) as T;
}
