import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ChangeReceipt } from '../../domain/change.ts';
import {
  ConflictError,
  GatewayError,
  InternalError,
  UpstreamUnavailableError,
} from '../../domain/errors.ts';
import type { Departure } from '../../domain/write.ts';
import { deadline, remainingMs } from '../../timing/deadline.ts';
import { readFirst } from '../../upstream/read-first.ts';
import { SentFile } from '../sent-file.ts';
import type { FrendsChangesClient } from './frends.changes-client.ts';
import type { ObservedImport } from './frends.import-evidence.ts';
import type { Told } from './frends.import-findings.ts';
import { type ImportForm, importForm } from './frends.import-form.ts';
import { doneItems } from './frends.import-items.ts';
import type { Found, FrendsImportLook } from './frends.import-look.ts';
import { countsOf } from './frends.import-verdict.ts';

/** How long an import and the look after it may take, and how late what it did may show, in ms. */
export interface ImportTimes {
  readonly timeoutMs: number;
  readonly lookMs: number;
  readonly showsWithinMs: number;
}

/** The platform says yes, and what it made is looked up later. */
const unnamed: ChangeReceipt = { items: [] };
const notFailed = { code: 'internal', detail: '' } as const;
/** Refusals of somebody at the door, and of one who gave up waiting. */
const unread: readonly number[] = [401, 403, 408, 429];

/** Sends imports, and says of each process what came of it: the answer names one only. */
export class FrendsImportSending {
  readonly #changes: FrendsChangesClient;
  readonly #look: FrendsImportLook;
  readonly #times: ImportTimes;

  constructor(changes: FrendsChangesClient, look: FrendsImportLook, times: ImportTimes) {
    this.#changes = changes;
    this.#look = look;
    this.#times = times;
  }

  async send(seen: ObservedImport, departure: Departure): Promise<ChangeReceipt> {
    const { file, onConflict } = seen;
    const content = await opened(departure, file.id);
    const sent = new SentFile(file, content);
    const form = importForm({ ...file, content: sent }, onConflict);
    let answer: Told['answer'];
    try {
      answer = await this.#post(form, departure);
    } catch (error) {
      // Its form was never whole, whatever the platform has said meanwhile.
      if (sent.failure !== null) throw sent.failure;
      return await this.#refused(seen, error, departure);
    } finally {
      // What has not been read by now never will be.
      form.body.destroy();
      content.destroy();
    }
    return this.#taken(seen, answer, departure);
  }

  #post({ headers, body }: ImportForm, departure: Departure): Promise<Told['answer']> {
    const { signal, permit } = departure;
    const { timeoutMs } = this.#times;
    return this.#changes.importProcesses({ headers, body }, { signal, permit, timeoutMs });
  }

  async #taken(
    seen: ObservedImport,
    answer: Told['answer'],
    departure: Departure,
  ): Promise<ChangeReceipt> {
    let found: readonly Found[];
    try {
      found = await this.#found(seen, { isTaken: true, answer }, departure);
    } catch (error) {
      if (error instanceof GatewayError) return unnamed;
      throw error;
    }
    const { wanted, made } = countsOf(found);
    // What does not show yet has not failed: it was taken.
    return made < wanted ? unnamed : { items: doneItems(found, notFailed) };
  }

  /** What came before a refused process of a file stays, so a refusal need not mean that nothing was done. */
  async #refused(
    seen: ObservedImport,
    error: unknown,
    departure: Departure,
  ): Promise<ChangeReceipt> {
    if (!isRefused(error)) throw error;
    let found = await this.#afterRefusal(seen, error, departure);
    if (isOpen(found)) {
      await this.#untilItShows(error, departure.signal);
      found = await this.#afterRefusal(seen, error, departure);
    }
    const { wanted, made, unclear } = countsOf(found);
    // A file of one process was refused with it: what shows was made by somebody else, which need not be why.
    if (seen.onConflict === 'error' && wanted === 1 && made + unclear > 0)
      throw saysThatItStands(error) ? overtaken(error) : error;
    if (unclear > 0) throw unsettled(error);
    if (made === 0 || wanted === 1) throw error;
    if (made === wanted) throw unsettled(error);
    return { items: doneItems(found, { code: error.code, detail: error.message }) };
  }

  async #afterRefusal(
    seen: ObservedImport,
    error: GatewayError,
    departure: Departure,
  ): Promise<readonly Found[]> {
    try {
      return await this.#found(seen, { isTaken: false, answer: null }, departure);
    } catch (looking) {
      throw looking instanceof GatewayError ? unsettled(error) : looking;
    }
  }

  /** Where there is no time left for that, it is looked for as after a lost answer. */
  async #untilItShows(error: GatewayError, signal: AbortSignal): Promise<void> {
    const { showsWithinMs } = this.#times;
    if (remainingMs(signal) <= showsWithinMs) throw unsettled(error);
    await sleep(showsWithinMs, undefined, { signal }).catch(() => {
      throw unsettled(error);
    });
  }

  #found(
    seen: ObservedImport,
    told: Told,
    { signal, onProgress }: Departure,
  ): Promise<readonly Found[]> {
    onProgress?.({ done: 0, isVerifying: true });
    const counted = (done: number): void => onProgress?.({ done, isVerifying: true });
    const time = deadline(this.#times.lookMs, signal);
    // What shows of a refused file may be somebody else's.
    return this.#look.look(seen, told, time, told.isTaken ? counted : undefined);
  }
}

/** Opened before anything leaves: a file that cannot be read is proof that nothing has. */
async function opened({ openFile }: Departure, id: string): Promise<Readable> {
  const content = await readFirst(() =>
    openFile(id).catch((error: unknown) => {
      if (error instanceof GatewayError) throw error;
      throw new InternalError('The file of an import cannot be read.', {
        sent: 'no',
        cause: error,
      });
    }),
  );
  // It may break before anybody reads it: who reads it then is told.
  content.on('error', () => undefined);
  return content;
}

/** What came before the refused process of a file was done, and need not show at once. */
function isOpen(found: readonly Found[]): boolean {
  const { wanted, made, unclear } = countsOf(found);
  return wanted > 1 && unclear === 0 && made < wanted;
}

function isRefused(error: unknown): error is GatewayError {
  if (!(error instanceof GatewayError) || error.details.sent === 'no') return false;
  const status = error.details.upstream?.status ?? 0;
  return status >= 400 && status < 500 && !unread.includes(status);
}

/** A compiler says of a name that it "does not exist", which is another thing. */
function saysThatItStands({ details: { upstream } }: GatewayError): boolean {
  return (
    upstream?.status === 409 || /\balready exist|\bexists already/i.test(upstream?.message ?? '')
  );
}

/** The platform has refused what somebody else has made since it was looked at. */
function overtaken(error: GatewayError): ConflictError {
  return new ConflictError(error.message, { ...error.details, cause: error });
}

/** The platform has refused something, and nobody can say yet what: it is looked for as after a lost answer. */
function unsettled(error: GatewayError): UpstreamUnavailableError {
  const { connection, platform } = error.details;
  return new UpstreamUnavailableError(error.message, {
    ...(connection === undefined ? {} : { connection }),
    ...(platform === undefined ? {} : { platform }),
    sent: 'maybe',
    cause: error,
  });
}
