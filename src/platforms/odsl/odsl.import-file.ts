import { isUtf8 } from 'node:buffer';
import { addAbortSignal, type Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { type FieldError, InvalidFileError } from '../../domain/errors.ts';
import { beyondLimits, repeatedMember, wholeText } from '../../domain/json-limits.ts';
import type { Native } from '../../domain/native.ts';
import { type JsonFlaw, type JsonLimits, jsonFlawOf, lineAndColumn } from './json-flaw.ts';

/** Files are held whole, and each look at one is done in one go. In bytes. */
export const mostFileBytes = 4 * 1_024 ** 2;
/** As many as an export and a batch hold. */
export const mostConfigurations = 200;
/** More would keep all others waiting while they are looked into. */
export const fileLimits: JsonLimits = { depth: 1_000, values: 50_000 };
const words: Readonly<Record<keyof JsonLimits, string>> = {
  depth: 'lists and objects within each other at most',
  values: 'values at most',
};
/** So many of its flaws a file is told. */
const mostErrors = 20;

const zipSignature = Buffer.from('504b0304', 'hex');

/** A configuration of a file, and where it stands there: empty where it is all of it. */
export interface PlacedConfiguration {
  readonly at: string;
  readonly members: Native;
}

/** The 422 of a file that is not what it has to be. */
export function badFile(errors: readonly FieldError[]): InvalidFileError {
  const named = errors.slice(0, mostErrors);
  const more = errors.length > named.length ? `; and ${errors.length - named.length} more` : '';
  const what = named.map(({ at, message }) => `${at} ${message}`).join('; ');
  return new InvalidFileError(`The file is not valid: ${what}${more}.`, {
    outcome: 'not_sent',
    errors: named,
  });
}

/**
 * The configurations that a file holds, each an object.
 * @throws InvalidFileError naming the place
 */
export async function readConfigurations(
  content: Readable,
  signal: AbortSignal,
): Promise<readonly PlacedConfiguration[]> {
  const root = await parsed(decoded(await buffer(limited(addAbortSignal(signal, content)))));
  const listed: readonly unknown[] = Array.isArray(root) ? root : [root];
  if (listed.length === 0) throw badFile([flaw('file', 'must hold one configuration at least')]);
  if (listed.length > mostConfigurations)
    throw badFile([
      flaw(`[${mostConfigurations}]`, `must be left out: ${mostConfigurations} at most`),
    ]);
  const placed = listed.map((members, index) => ({
    at: root === listed ? `[${index}]` : '',
    members,
  }));
  const others = placed.filter(({ members }) => !isObject(members));
  if (others.length > 0)
    throw badFile(others.map(({ at }) => flaw(at === '' ? 'file' : at, 'must be an object')));
  return placed.filter((each): each is PlacedConfiguration => isObject(each.members));
}

async function* limited(content: Readable): AsyncGenerator<Buffer> {
  let length = 0;
  for await (const chunk of content as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > mostFileBytes)
      throw badFile([flaw(`byte ${mostFileBytes}`, `must be the end: ${mostFileBytes} at most`)]);
    yield chunk;
  }
}

/** Its text, without a byte order mark. */
function decoded(bytes: Buffer): string {
  const text = bytes.toString('utf8');
  if (isUtf8(bytes)) return text.startsWith('\uFEFF') ? text.slice(1) : text;
  if (bytes.subarray(0, zipSignature.length).equals(zipSignature))
    throw badFile([
      flaw('file', 'must be JSON: of an archive, each file in it can be imported alone'),
    ]);
  const at = Buffer.from(text).findIndex((byte, index) => byte !== bytes[index]);
  throw badFile([flaw(`byte ${at}`, 'must be UTF-8')]);
}

/** Between each of its looks others have their turn. */
async function parsed(text: string): Promise<unknown> {
  await nextTurn();
  const found = jsonFlawOf(text, fileLimits);
  if (found !== null) throw brokenJson(text, found);
  await nextTurn();
  const value: unknown = JSON.parse(text);
  await nextTurn();
  const loss = beyondLimits(text, fileLimits.depth) ?? repeatedMember(text, value);
  if (loss === null) return value;
  throw badFile([loss.at === wholeText ? flaw('file', loss.message) : loss]);
}

function brokenJson(text: string, { at, why }: JsonFlaw): InvalidFileError {
  const isOver = text.slice(at).trim() === '';
  const what = isOver ? 'must not be the end of the JSON' : 'must be JSON';
  const message =
    why === 'no JSON'
      ? what
      : `must be left out: the file may have ${fileLimits[why]} ${words[why]}`;
  return badFile([flaw(lineAndColumn(text, at), message)]);
}

function flaw(at: string, message: string): FieldError {
  return { at, message };
}

function isObject(value: unknown): value is Native {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
