import type { ChangedItem, ChangeReceipt } from '../../src/domain/change.ts';
import type {
  ConflictMode,
  ImportPart,
  ImportRequest,
  Inspection,
  Observation,
} from '../../src/domain/import.ts';
import type { Native } from '../../src/domain/native.ts';
import type { Departure, Reconciliation } from '../../src/domain/write.ts';

/** What an import of these tests brings. */
export const invoices: ChangedItem = {
  process: 'invoices',
  name: 'Invoices',
  version: '2',
  versionId: null,
  deployment: null,
  effect: 'new_version',
  problem: null,
};

/** An import part that does, and shows, what it is told to; it knows imports by the `name` in their evidence. */
export class ToldImport implements ImportPart {
  readonly modes: readonly ConflictMode[] = ['error'];
  readonly takesOneFile = true;
  readonly fileKind = 'a file';
  readonly mostBytes = null;
  readonly repeatable = true;
  readonly timeoutMs = 300;
  readonly lookMs = 1_000;
  readonly showsWithinMs = 50;
  /** Whether it brings a file, which is not there. */
  opensFiles = false;
  /** What it waits for before it lets anything leave, as in a process that stands still. */
  holds: Promise<unknown> | null = null;
  /** In the order in which they left. */
  readonly sent: string[] = [];
  observes: () => Observation | Promise<Observation> = () => ({
    evidence: {},
    items: [invoices],
    basis: {},
  });
  answers: (name: string) => Promise<ChangeReceipt> = () => Promise.resolve({ items: [invoices] });
  shows: Reconciliation<ChangeReceipt> = { state: 'absent' };

  inspect(): Promise<Inspection> {
    return Promise.resolve({ items: [], contents: {} });
  }

  prepare({ files }: ImportRequest): Native {
    return { name: files.map(({ name }) => name).join() };
  }

  async observe(evidence: Native): Promise<Observation> {
    const { evidence: found, ...seen } = await Promise.resolve(this.observes());
    return { ...seen, evidence: { ...evidence, ...found } };
  }

  async send({ name }: Native, { permit, openFile }: Departure): Promise<ChangeReceipt> {
    if (this.opensFiles) await openFile('one that is gone');
    await this.holds;
    permit();
    this.sent.push(String(name));
    return this.answers(String(name));
  }

  reconcile(): Promise<Reconciliation<ChangeReceipt>> {
    return Promise.resolve(this.shows);
  }
}
