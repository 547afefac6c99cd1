import type { Readable } from 'node:stream';
import { GatewayError } from '../../domain/errors.ts';
import type { RunRecord } from '../../domain/run.ts';
import type { UipathFiles } from './uipath.files.ts';
import { isGuid } from './uipath.key.ts';
import { hasEnded, parsedArguments } from './uipath.run-mapper.ts';
import type { JobWire } from './uipath.wire.ts';

/** More than that is not shown of an output anyway. */
const mostBytes = 64 * 1_024;

/** Outputs that are too long for the rows of their jobs, and lie in files. */
export class UipathOutputs {
  readonly #files: UipathFiles;

  constructor(files: UipathFiles) {
    this.#files = files;
  }

  /** The run with its output, where that can be shown. */
  async with(run: RunRecord, wire: JobWire, signal: AbortSignal): Promise<RunRecord> {
    const file = wire.OutputFile ?? '';
    if (!run.isOutputLong || !hasEnded(wire) || !isGuid(file)) return run;
    const output = parsedArguments(await this.#text(file, signal));
    return output === null ? run : { ...run, output, isOutputLong: false };
  }

  async #text(id: string, signal: AbortSignal): Promise<string | null> {
    try {
      const answer = await this.#files.read(id, signal);
      return answer === null ? null : await shortText(answer.body);
    } catch (error) {
      if (!(error instanceof GatewayError)) throw error;
      // The run itself can be shown; it says that its output cannot.
      return null;
    }
  }
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
