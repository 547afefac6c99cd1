import type { Readable } from 'node:stream';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { jsonParser, type Token } from 'stream-json/core/parser.js';
import { jsonVerifier } from 'stream-json/core/utils/verifier.js';
import { ExportScan } from './export-scan.ts';
import { BrokenTextError, Utf8Text } from './utf8-text.ts';

/** Read at once, in bytes: the tokens of so much are held together. */
const pieceBytes = 64 * 1_024;

/** Where a file stops being JSON. */
class BrokenJsonError extends Error {}

/**
 * Reads an export file to its end, or to where nothing more of it is worth reading. What is wrong with it stands in the
 * `errors` of the scan. `open` is called once more where the file is no JSON, to find the place.
 */
export async function readExport(
  open: () => Promise<Readable>,
  signal: AbortSignal,
): Promise<ExportScan> {
  const scan = new ExportScan();
  const parse = tokensOf();
  const text = new Utf8Text();
  try {
    await eachPiece(await open(), signal, (bytes) => {
      scan.take(parse(bytes === null ? text.end() : text.read(bytes)));
      return !scan.isHopeless;
    });
  } catch (error) {
    if (error instanceof BrokenTextError) scan.stop(`byte ${error.at}`, error.message);
    else if (error instanceof BrokenJsonError)
      scan.stop(await brokenPlace(open, signal), 'is not JSON');
    else throw error;
    return scan;
  }
  if (!scan.isHopeless && !scan.isWhole) scan.stop(`byte ${text.taken}`, endsEarly);
  else scan.end();
  return scan;
}

const endsEarly = 'ends before it is whole';

function tokensOf(): (text: string) => readonly Token[] {
  const parse = jsonParser({ packValues: false });
  return (text) => {
    let found: ReturnType<typeof parse>;
    try {
      found = parse(text);
    } catch (error) {
      throw new BrokenJsonError('', { cause: error });
    }
    return typeof found === 'symbol' ? [] : found.values;
  };
}

/** Small pieces, with a turn for everybody else after each; null at the end. Ends when `take` says false. */
async function eachPiece(
  content: Readable,
  signal: AbortSignal,
  take: (bytes: Buffer | null) => boolean,
): Promise<void> {
  const stop = (): void => {
    content.destroy(signal.reason as Error);
  };
  signal.addEventListener('abort', stop, { once: true });
  try {
    signal.throwIfAborted();
    for await (const chunk of content as AsyncIterable<Buffer>) {
      for (let at = 0; at < chunk.length; at += pieceBytes) {
        if (!take(chunk.subarray(at, at + pieceBytes))) return;
        await nextTurn();
      }
    }
    take(null);
  } finally {
    signal.removeEventListener('abort', stop);
    content.destroy();
  }
}

/** The tokenizer does not say where it stopped; what checks only does. */
async function brokenPlace(open: () => Promise<Readable>, signal: AbortSignal): Promise<string> {
  const verify = jsonVerifier();
  const text = new Utf8Text();
  let chars = 0;
  let place = 'file';
  await eachPiece(await open(), signal, (bytes) => {
    const piece = bytes === null ? text.end() : text.read(bytes);
    try {
      verify(piece);
    } catch (error) {
      const { offset } = error as { readonly offset?: number };
      place = `byte ${offset === undefined ? text.taken : text.byteAt(offset - chars)}`;
      return false;
    }
    chars += piece.length;
    return true;
  });
  return place;
}
