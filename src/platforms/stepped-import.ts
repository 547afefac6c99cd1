import { z } from 'zod';
import type { ChangeReceipt, ChangeTerms } from '../domain/change.ts';
import { InternalError } from '../domain/errors.ts';
import {
  type ConflictMode,
  conflictModes,
  type ImportPart,
  type ImportRequest,
  type Inspection,
  type Observation,
  type ReadablePackage,
} from '../domain/import.ts';
import type { Native } from '../domain/native.ts';
import type { Departure, Reconciliation, SentWindow } from '../domain/write.ts';
import { type Recipe, SteppedChange, type SteppedOptions, type Steps } from './stepped-change.ts';

/** What an import consists of, as the platform stands now. */
export interface ImportSteps<S> extends Steps<S> {
  readonly basis: Native;
}

/** How a platform imports files whose processes it takes one by one. */
export interface ImportRecipe<S>
  extends
    Pick<ImportPart, 'modes' | 'fileKind' | 'mostBytes' | 'isSameVersion' | 'heedsNames'>,
    Pick<Recipe<ChangeTerms, S>, 'order' | 'send' | 'look'> {
  inspect(file: ReadablePackage, signal: AbortSignal): Promise<Inspection>;
  /** Which steps it takes now: none for what is kept, or in conflict. */
  plan(request: ImportRequest, signal: AbortSignal): Promise<ImportSteps<S>>;
}

const importFile = z.object({
  id: z.string(),
  name: z.string(),
  length: z.number(),
  sha256: z.string(),
  items: z.array(
    z.object({
      process: z.string(),
      name: z.string().nullable(),
      version: z.string().nullable(),
    }),
  ),
  contents: z.record(z.string(), z.unknown()),
});
const asked = z.object({
  request: z.object({ files: z.array(importFile), onConflict: z.enum(conflictModes) }),
});

/** An import made of steps, each of which brings one process; what was done by half is gone on with. */
export class SteppedImport<S> implements ImportPart {
  readonly modes: readonly ConflictMode[];
  readonly takesOneFile = false;
  readonly fileKind: string;
  readonly mostBytes: number | null;
  readonly isSameVersion: (one: string, other: string) => boolean;
  readonly heedsNames: boolean;
  readonly repeatable: boolean;
  readonly timeoutMs: number;
  readonly showsWithinMs: number;
  readonly lookMs: number;
  readonly #recipe: ImportRecipe<S>;
  readonly #change: SteppedChange<ChangeTerms, S>;

  constructor(recipe: ImportRecipe<S>, options: SteppedOptions) {
    const { modes, fileKind, mostBytes, isSameVersion, heedsNames = false } = recipe;
    const plan = (): never => {
      throw new InternalError('an import is planned when it is looked at');
    };
    this.#recipe = recipe;
    this.#change = new SteppedChange({ ...boundTo(recipe), plan }, options);
    this.modes = modes;
    this.fileKind = fileKind;
    this.mostBytes = mostBytes;
    this.isSameVersion = isSameVersion ?? ((one, other) => one === other);
    this.heedsNames = heedsNames;
    this.repeatable = options.repeatable;
    this.timeoutMs = options.timeoutMs;
    this.showsWithinMs = options.showsWithinMs;
    this.lookMs = this.#change.lookMs;
  }

  inspect(file: ReadablePackage, signal: AbortSignal): Promise<Inspection> {
    return this.#recipe.inspect(file, signal);
  }

  prepare(request: ImportRequest): Native {
    return { request };
  }

  async observe(evidence: Native, signal: AbortSignal): Promise<Observation> {
    const { request } = this.#asked(evidence);
    const { items, steps, basis } = await this.#recipe.plan(request, signal);
    return { evidence: { request, items, steps }, items, basis };
  }

  spanMs(evidence: Native): number {
    return this.#change.spanMs(evidence);
  }

  send(evidence: Native, departure: Departure): Promise<ChangeReceipt> {
    return this.#change.send(evidence, departure);
  }

  reconcile(
    evidence: Native,
    sent: SentWindow,
    signal: AbortSignal,
  ): Promise<Reconciliation<ChangeReceipt>> {
    return this.#change.reconcile(evidence, sent, signal);
  }

  #asked(evidence: Native): z.output<typeof asked> {
    const { data, error } = asked.safeParse(evidence);
    if (data !== undefined) return data;
    throw new InternalError('What was stored of an import cannot be read any more.', {
      sent: 'no',
      outcome: 'not_sent',
      cause: error,
    });
  }
}

function boundTo<S>(
  recipe: ImportRecipe<S>,
): Pick<Recipe<ChangeTerms, S>, 'order' | 'send' | 'look'> {
  return {
    order: recipe.order,
    send: (order, departure) => recipe.send(order, departure),
    look: (order, sent, signal) => recipe.look(order, sent, signal),
  };
}
