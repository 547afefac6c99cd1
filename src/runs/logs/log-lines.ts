import { createHash } from 'node:crypto';
import type { Instant } from '../../domain/instant.ts';
import type { LogLine } from '../../domain/run.ts';

/**
 * Lines are looked for again in so many ms before the newest one, as platforms write them down late. One that is later than
 * that is only found where the platform gives the whole log each time.
 */
export const lateMs = 60_000;

/** What is known of the lines that are kept. */
export interface LineState {
  /** Of the newest line, in ms since 1970. */
  readonly newestAt: number | null;
  /** Fingerprints of the lines that may come again. */
  readonly recent: readonly (readonly [print: string, at: number | null])[];
  /** Whether nothing more is kept, because it grew too long. */
  readonly isFull: boolean;
}

export const noLines: LineState = { newestAt: null, recent: [], isFull: false };

/** The end of what is kept of a log that is too long. */
export const cutLine: LogLine = {
  at: null,
  level: null,
  message: 'The log goes on, but is too long to be kept here: its platform has the rest.',
};

/** How often lines have come in one read, by their times. */
export type Occurrences = Map<Instant | null, Map<string, number>>;

/**
 * The lines of a page that are not kept yet, in their order. Equal lines of one moment count as often as they occur, on
 * whichever pages of a read.
 */
export function news(
  lines: readonly LogLine[],
  { recent, newestAt }: LineState,
  isWhole: boolean,
  occurrences: Occurrences,
): { fresh: LogLine[]; next: LineState } {
  const known = new Set(recent.map(([print]) => print));
  const prints: [string, number | null][] = [];
  const fresh: LogLine[] = [];
  for (const line of lines) {
    const base = JSON.stringify([line.at, line.level, line.message]);
    const print = createHash('sha256')
      .update(`${nthOf(line.at, base, occurrences)} ${base}`)
      .digest('base64url')
      .slice(0, 16);
    prints.push([print, msOf(line.at)]);
    if (!known.has(print)) fresh.push(line);
  }
  const lastAt = lines.at(-1)?.at;
  // The next page of a log in the order of time begins no earlier.
  if (!isWhole) for (const at of occurrences.keys()) if (at !== lastAt) occurrences.delete(at);
  const times = lines.flatMap(({ at }) => msOf(at) ?? []);
  const newest = times.reduce((latest, at) => Math.max(latest, at), newestAt ?? 0);
  const kept = new Map([...recent, ...prints].map(([print, at]) => [print, at]));
  const mayComeAgain = [...kept].filter(
    ([, at]) => isWhole || at === null || newest === 0 || at >= newest - lateMs,
  );
  return {
    fresh,
    next: { newestAt: newest === 0 ? null : newest, recent: mayComeAgain, isFull: false },
  };
}

function nthOf(at: Instant | null, base: string, occurrences: Occurrences): number {
  const ofMoment = occurrences.get(at) ?? new Map<string, number>();
  const nth = (ofMoment.get(base) ?? 0) + 1;
  occurrences.set(at, ofMoment.set(base, nth));
  return nth;
}

function msOf(at: Instant | null): number | null {
  return at === null ? null : Date.parse(at);
}

/** `2026-11-21T05:06:07.089Z INFO message`; a message of several lines is indented. */
export function textOf({ at, level, message }: LogLine): string {
  const head = [at, level?.toUpperCase()].filter((each) => each !== null && each !== undefined);
  return `${[...head, message.replaceAll(/\r?\n|\r/g, '\n    ')].join(' ')}\n`;
}

export function jsonOf(line: LogLine): string {
  return `${JSON.stringify(line)}\n`;
}
