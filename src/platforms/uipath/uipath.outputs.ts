import type { Readable } from 'node:stream';
import { LRUCache } from 'lru-cache';
import { GatewayError } from '../../domain/errors.ts';
import type { RunRecord } from '../../domain/run.ts';
import { deadline } from '../../timing/deadline.ts';
import type { UipathFiles } from './uipath.files.ts';
import { isGuid } from './uipath.key.ts';
import { hasEnded, parsedArguments } from './uipath.run-mapper.ts';
import type { JobWire } from './uipath.wire.ts';

/** More than that is not shown of an output anyway. */
const mostBytes = 64 * 1_024;
/** How long reading so little may take, in ms. */
const mostMs = 10_000;
/** A file that could not be read for so long keeps nobody waiting for the end of its run any more, in ms. */
const giveUpAfterMs = 10 * 60_000;
/** So many files that cannot be read are remembered. */
const mostRemembered = 10_000;

/** Outputs that are too long for the rows of their jobs, and lie in files. */
export class UipathOutputs {
  readonly #files: Pick<UipathFiles, 'read'>;
  readonly #now: () => number;
  /** Since when each of these could not be read. */
  readonly #failing = new LRUCache<string, number>({ max: mostRemembered });

  constructor(files: Pick<UipathFiles, 'read'>, now: () => number = Date.now) {
    this.#files = files;
    this.#now = now;
  }

  /** Whether the output of a job has to be read from its file. */
  isFiled({ isOutputLong }: RunRecord, wire: JobWire): boolean {
    return isOutputLong && hasEnded(wire) && isGuid(wire.OutputFile ?? '');
  }

  /**
   * The run with its output, where that can be shown.
   * @throws GatewayError when it may be shown later
   */
  async with(run: RunRecord, wire: JobWire, signal: AbortSignal): Promise<RunRecord> {
    if (!this.isFiled(run, wire)) return run;
    const output = parsedArguments(await this.#text(wire.OutputFile ?? '', signal));
    return output === null ? run : { ...run, output, isOutputLong: false };
  }

  async #text(id: string, signal: AbortSignal): Promise<string | null> {
    try {
      const answer = await this.#files.read(id, deadline(mostMs, signal));
      const text = answer === null ? null : await shortText(answer.body);
      this.#failing.delete(id);
      return text;
    } catch (error) {
      if (!(error instanceof GatewayError)) throw error;
      // The run itself can be shown; it says that its output cannot.
      if (isForGood(error) || (!signal.aborted && this.#hasFailedLong(id))) return null;
      throw error;
    }
  }

  #hasFailedLong(id: string): boolean {
    const since = this.#failing.get(id) ?? this.#now();
    this.#failing.set(id, since);
    return this.#now() - since >= giveUpAfterMs;
  }
}

/** Whether asking again would bring nothing else: it lies where nobody may go, or may not be read. */
function isForGood({ code, details }: GatewayError): boolean {
  return code === 'upstream_rejected' || details.upstream?.status === 403;
}

/** Null for what is longer than anything that is shown. */
async function shortText(content: Readable): Promise<string | null> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of content as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > mostBytes) return null;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
