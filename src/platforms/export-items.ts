import pMap from 'p-map';
import type { ExportItem } from '../domain/adapter.ts';
import { type FieldError, InvalidRequestError, NotFoundError } from '../domain/errors.ts';

/** Of whom errors speak. */
interface Asked {
  readonly connection?: string;
  readonly platform?: string;
}

/** How the versions of items are found. */
export interface Finding<P, V> {
  readonly asked: Asked;
  /** Processes that are looked for at once. */
  readonly concurrency: number;
  /** What tells the versions of a process; null when there is no such process. */
  readonly process: (key: string) => Promise<P | null>;
  /** A version of it (number, tag or `latest`); null when there is none. */
  readonly version: (process: P, version: string) => Promise<V | null> | V | null;
  /** Equal for what is one version, of those of a process. */
  readonly idOf: (version: V) => string | number;
}

/** So many of its mistakes a request is told. */
const mostErrors = 20;

/**
 * The version that each item means, in the order of the items. Each process is asked for once, and only what `version`
 * makes of it is kept.
 * @throws NotFoundError naming the items that there are not, InvalidRequestError naming those that mean one version
 */
export async function findVersions<P, V>(
  items: readonly ExportItem[],
  finding: Finding<P, V>,
): Promise<V[]> {
  const found = new Map<number, V>();
  const missing: FieldError[] = [];
  const places = new Map<string, number[]>();
  for (const [place, { key }] of items.entries())
    places.set(key, [...(places.get(key) ?? []), place]);
  const find = async ([key, own]: [string, number[]]): Promise<void> => {
    const process = await finding.process(key);
    for (const place of own) {
      const asked = items[place]?.version ?? null;
      const version = process && (await finding.version(process, asked ?? 'latest'));
      if (version !== null) found.set(place, version);
      else missing.push(missingAt(place, process === null || asked === null));
    }
  };
  await pMap(places, find, { concurrency: finding.concurrency });
  if (missing.length > 0) throw notThere(missing, finding.asked);
  const idAt = (place: number): string => {
    const version = found.get(place);
    return `${items[place]?.key ?? ''}\n${version === undefined ? '' : finding.idOf(version)}`;
  };
  refuseDoubles([...items.keys()].map(idAt), finding.asked);
  return [...items.keys()].flatMap((place) => found.get(place) ?? []);
}

/** What is wrong with an item of which there is no process, or no such version. */
export function missingAt(place: number, isProcess: boolean): FieldError {
  return isProcess
    ? { at: `items[${place}].process`, message: 'names no process that there is' }
    : { at: `items[${place}].version`, message: 'names no version of its process' };
}

/** The 404 of a request that names what is not there. */
export function notThere(missing: readonly FieldError[], asked: Asked): NotFoundError {
  const errors = [...missing].sort(byPlace).slice(0, mostErrors);
  return new NotFoundError(`Not all of it is there: ${listed(errors, missing.length)}.`, {
    ...asked,
    outcome: 'not_sent',
    errors,
  });
}

/** @throws InvalidRequestError naming the items whose text an earlier one has, too */
export function refuseDoubles(texts: readonly string[], asked: Asked): void {
  const doubles = texts.flatMap((text, place) => {
    const first = texts.indexOf(text);
    return first === place
      ? []
      : [
          {
            at: `items[${place}]`,
            message: `must not name the version that items[${first}] names`,
          },
        ];
  });
  if (doubles.length === 0) return;
  const errors = doubles.slice(0, mostErrors);
  throw new InvalidRequestError(`The body is not valid: ${listed(errors, doubles.length)}.`, {
    ...asked,
    outcome: 'not_sent',
    errors,
  });
}

function listed(errors: readonly FieldError[], count: number): string {
  const more = count > errors.length ? `; and ${count - errors.length} more` : '';
  return `${errors.map(({ at, message }) => `${at} ${message}`).join('; ')}${more}`;
}

function byPlace(a: FieldError, b: FieldError): number {
  return a.at.localeCompare(b.at, 'en', { numeric: true });
}
