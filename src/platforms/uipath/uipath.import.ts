import { InvalidFileError } from '../../domain/errors.ts';
import { encodeKey } from '../../domain/ids.ts';
import type { ImportRequest, Inspection, ReadablePackage } from '../../domain/import.ts';
import type { Departure, SentWindow } from '../../domain/write.ts';
import type { Learnt, StepState } from '../stepped-change.ts';
import { type ImportRecipe, type ImportSteps, SteppedImport } from '../stepped-import.ts';
import { compareNugetVersions } from './nuget-version.ts';
import { NupkgProblem } from './nupkg-problem.ts';
import { inspectNupkg } from './nupkg.ts';
import { packageIn, plannedImport, type UploadOrder, uploadOrder } from './uipath.import-plan.ts';
import type { UipathPlaces } from './uipath.places.ts';
import { unsent } from './uipath.standing.ts';
import { Uploading, type UploadTools } from './uipath.uploading.ts';

/** The vendor promises no time in which what was uploaded is in every list. In ms. */
const showsWithinMs = 15_000;
/** A look may have to read a package of some hundred megabytes. In ms. */
const longestLookMs = 5 * 60_000;
const readsPerLook = 3;

/** What imports need. */
export interface ImportTools extends UploadTools {
  readonly places: UipathPlaces;
}

/** Uploads packages into the connection's feed, one request each. */
class UipathImport implements ImportRecipe<UploadOrder> {
  readonly modes = ['error', 'use-existing'] as const;
  readonly fileKind = 'a NuGet package (.nupkg)';
  /** A package streams through. */
  readonly mostBytes = null;
  readonly isSameVersion = isSameVersion;
  readonly order = uploadOrder;
  readonly #tools: ImportTools;
  readonly #uploading: Uploading;

  constructor(tools: ImportTools) {
    this.#tools = tools;
    this.#uploading = new Uploading(tools);
  }

  async inspect(file: ReadablePackage, signal: AbortSignal): Promise<Inspection> {
    try {
      const { id, version, title } = await inspectNupkg(file, signal);
      return { items: [{ process: encodeKey([id]), name: title, version }], contents: {} };
    } catch (error) {
      if (!(error instanceof NupkgProblem)) throw error;
      const { at, message } = error;
      throw new InvalidFileError(`The file is no package that can be imported: ${at} ${message}.`, {
        ...unsent(this.#tools.uploads.name),
        errors: [{ at, message }],
        cause: error,
      });
    }
  }

  async plan(
    { files, onConflict }: ImportRequest,
    signal: AbortSignal,
  ): Promise<ImportSteps<UploadOrder>> {
    const feedId = await this.#tools.places.feedId(signal);
    const arriving = files.map(async (file) => {
      const found = packageIn(file);
      return { file, ...found, standing: await this.#tools.packages.versions(found.id, signal) };
    });
    return plannedImport(await Promise.all(arriving), feedId, onConflict);
  }

  send(order: UploadOrder, departure: Departure): Promise<Learnt> {
    return this.#uploading.send(order, departure);
  }

  look(order: UploadOrder, _sent: SentWindow, signal: AbortSignal): Promise<StepState> {
    return this.#uploading.look(order, signal);
  }
}

function isSameVersion(one: string, other: string): boolean {
  return compareNugetVersions(one, other) === 0;
}

/** Imports of packages; a version is the same however often it is sent. */
export function importPart(tools: ImportTools): SteppedImport<UploadOrder> {
  const { timeoutMs, readMs } = tools.uploads;
  return new SteppedImport(new UipathImport(tools), {
    timeoutMs,
    repeatable: true,
    showsWithinMs,
    lookMs: Math.max(readMs * readsPerLook, Math.min(timeoutMs, longestLookMs)),
    // All files of an import have its time together.
    longestSpanMs: timeoutMs,
  });
}
