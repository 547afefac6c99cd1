import { setImmediate } from 'node:timers/promises';
import { z } from 'zod';
import type { FieldError } from '../../domain/errors.ts';
import { encodeKey } from '../../domain/ids.ts';
import type { Inspection, PackagedProcess, ReadablePackage } from '../../domain/import.ts';
import type { Native } from '../../domain/native.ts';
import { flawsOf } from './odsl.configuration.ts';
import { badFile, type PlacedConfiguration, readConfigurations } from './odsl.import-file.ts';
import { type PackagedKey, packagedKey, packagedVersion } from './odsl.packaged-key.ts';
import { isTooDeep, withSecretsOf } from './odsl.secrets.ts';
import { importable, wishedOf, wishedShape } from './odsl.wished.ts';

/** What is kept of a configuration of a file until it is its turn. */
const packagedShape = wishedShape.extend({ id: z.string(), called: z.string().nullable() });
export type Packaged = z.output<typeof packagedShape>;

/** In the order of the file. */
export const contentsShape = z.object({ configurations: z.array(packagedShape) });

/** What is kept of each is small, as long as it has no more members than that, and none with a longer name in characters. */
export const mostMembers = 200;
const longestName = 200;
/** Members that are objects, and are read as such. */
const objects = ['input', 'properties', 'settings'];
/** A member that is called so is dropped when it is read again, so that what was saved could not be found. */
const unreadable = '__proto__';

/** A configuration with what is wrong with it. */
interface Looked extends PlacedConfiguration {
  readonly key: PackagedKey | null;
  readonly flaws: readonly FieldError[];
}

/** @throws InvalidFileError naming every flaw with its place */
export async function inspectFile(file: ReadablePackage, signal: AbortSignal): Promise<Inspection> {
  const placed = await readConfigurations(await file.open(), signal);
  const fileName = placed.length === 1 ? file.name : null;
  const looked: Looked[] = [];
  for (const each of placed) {
    looked.push(lookedInto(each, fileName));
    // Others have their turn in between.
    await setImmediate();
  }
  const errors = [...looked, ...doubles(looked)].flatMap(({ at, flaws }) =>
    flaws.map((flaw) => placedIn(at, flaw)),
  );
  if (errors.length > 0) throw badFile(errors);
  const items: PackagedProcess[] = [];
  const configurations: Packaged[] = [];
  for (const { key, members } of looked) {
    if (key === null) continue;
    const { name } = members;
    items.push({
      process: encodeKey([key.id]),
      name: typeof name === 'string' ? name.slice(0, longestName).toWellFormed() : null,
      version: packagedVersion(members),
    });
    configurations.push({ ...key, ...wishedOf(importable(members)) });
  }
  return { items, contents: { configurations } };
}

function lookedInto(placed: PlacedConfiguration, fileName: string | null): Looked {
  const { members } = placed;
  const key = packagedKey(members, fileName);
  const flaws = flawsOfMembers(members);
  return 'at' in key ? { ...placed, key: null, flaws: [key, ...flaws] } : { ...placed, key, flaws };
}

/** What `PUT` refuses, and what could not be kept small or found again. */
function flawsOfMembers({ _id, ...members }: Native): readonly FieldError[] {
  const names = Object.keys(members);
  if (names.length > mostMembers)
    return [{ at: '', message: `must have ${mostMembers} members at most` }];
  const long = names.find((name) => name.length > longestName);
  if (long !== undefined)
    return [{ at: '', message: `must have no name of more than ${longestName} characters` }];
  const flaws = flawsOf('any', members);
  if (Object.values(members).some(isTooDeep)) return flaws;
  const hidden = [members, ...objects.map((name) => members[name])].filter(
    (each) => typeof each === 'object' && each !== null && Object.hasOwn(each, unreadable),
  );
  if (hidden.length > 0) flaws.push({ at: '', message: `must have no member ${unreadable}` });
  const redacted = withSecretsOf({}, importable(members)).unknown;
  const message = 'must be the secret itself: only `[redacted]` stands in its place';
  return [...flaws, ...redacted.map((at) => ({ at, message }))];
}

/** Those whose key an earlier one has. */
function doubles(looked: readonly Looked[]): readonly Pick<Looked, 'at' | 'flaws'>[] {
  const places = new Map<string, string>();
  return looked.flatMap(({ at, key, members }) => {
    const first = key === null ? undefined : places.get(key.id);
    if (key !== null && first === undefined) places.set(key.id, at);
    const field = typeof members['_id'] === 'string' ? '_id' : 'name';
    return first === undefined
      ? []
      : [{ at, flaws: [{ at: field, message: `must not name the process of ${first}` }] }];
  });
}

function placedIn(at: string, flaw: FieldError): FieldError {
  const place = [at, flaw.at].filter((part) => part !== '').join('.');
  return { at: place === '' ? 'file' : place, message: flaw.message };
}
