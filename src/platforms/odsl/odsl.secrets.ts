import { isDeepStrictEqual } from 'node:util';
import type { Native } from '../../domain/native.ts';
import { hidden, isSecretName, withoutSecrets } from '../secret-names.ts';

/** What callers see in place of a secret, and so may bring back. */
const placeholder = hidden('');

/** A value in which every placeholder has given way to its secret, and where there was none for it. */
export interface Restored<T> {
  readonly value: T;
  /** As `input.servers[0].password`. */
  readonly unknown: readonly string[];
}

/**
 * What a caller brings, who was shown no secrets: where their placeholder stands, what stands there already stays. In lists
 * an element counts as the one that it was shown as; of one that was changed nobody can tell which it was.
 */
export function withSecretsOf(stands: Native, wish: Native): Restored<Native> {
  const unknown: string[] = [];
  const value = object(wish, stands, { at: [], unknown });
  return { value, unknown };
}

/** A member as errors name it. */
export function placeOf(path: readonly PropertyKey[]): string {
  const names = path.map((part) => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`));
  return names.join('').replace(/^\./, '');
}

interface Place {
  readonly at: readonly PropertyKey[];
  readonly unknown: string[];
}

function object(wish: Native, stands: Native, { at, unknown }: Place): Native {
  const members = Object.entries(wish).map(([name, value]) => {
    const there = Object.hasOwn(stands, name) ? stands[name] : undefined;
    const place = { at: [...at, name], unknown };
    const isHidden = value === placeholder && isSecretName(name);
    return [name, isHidden ? secret(there, place) : any(value, there, place)];
  });
  return Object.fromEntries(members) as Native;
}

function secret(there: unknown, { at, unknown }: Place): unknown {
  // What is shown as it is leaves no placeholder.
  if (hidden(there) !== placeholder) unknown.push(placeOf(at));
  return there;
}

function any(wish: unknown, there: unknown, place: Place): unknown {
  if (Array.isArray(wish)) return list(wish, Array.isArray(there) ? there : [], place);
  return isObject(wish) ? object(wish, isObject(there) ? there : {}, place) : wish;
}

function list(wish: readonly unknown[], there: readonly unknown[], place: Place): unknown[] {
  const shown = placesOf(there.map((each) => sorted(withoutSecrets({ each }))));
  const texts = wish.map((each) => sorted({ each }));
  const asked = placesOf(texts);
  const restored = wish.map((each, index) =>
    shown.has(texts[index] ?? '')
      ? each
      : any(each, undefined, { ...place, at: [...place.at, index] }),
  );
  for (const [text, places] of asked) {
    const alike = shown.get(text) ?? [];
    const twins = twinsOf(places, alike, there);
    for (const [at, index] of places.entries()) {
      const twin = twins[at];
      if (twin !== undefined) restored[index] = there[twin];
      else if (alike.length > 0) place.unknown.push(placeOf([...place.at, index]));
    }
  }
  return restored;
}

/**
 * Which of those that are shown alike each of these is: as many keep their order, and where all are one it is that. None
 * where it could be several, each with a secret of its own.
 */
function twinsOf(
  places: readonly number[],
  alike: readonly number[],
  there: readonly unknown[],
): readonly number[] {
  if (places.length === alike.length) return alike;
  const [first] = alike;
  if (first === undefined) return [];
  const areOne = alike.every((each) => isDeepStrictEqual(there[each], there[first]));
  return areOne ? places.map(() => first) : [];
}

/** Where each text stands. */
function placesOf(texts: readonly string[]): ReadonlyMap<string, readonly number[]> {
  const places = new Map<string, number[]>();
  for (const [index, text] of texts.entries()) {
    const known = places.get(text);
    if (known === undefined) places.set(text, [index]);
    else known.push(index);
  }
  return places;
}

/** JSON that is the same whatever the order of members. */
export function sorted(value: Native): string {
  return JSON.stringify(value, (_name, each: unknown) =>
    isObject(each) ? Object.fromEntries(Object.entries(each).sort(byName)) : each,
  );
}

function byName([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number {
  return a < b ? -1 : 1;
}

/** Deeper than this nothing is shown, so that it could not be brought back. */
const deepest = 100;

/** Whether a value is nested more deeply than it could be shown. */
export function isTooDeep(value: unknown): boolean {
  let level: readonly unknown[] = [value];
  for (let depth = 1; level.length > 0; depth += 1) {
    if (depth > deepest) return true;
    const inside = level.filter((each) => typeof each === 'object' && each !== null);
    level = inside.flatMap((each): unknown[] => Object.values(each));
  }
  return false;
}

function isObject(value: unknown): value is Native {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
