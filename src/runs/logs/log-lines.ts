import { createHash } from 'node:crypto';
import type { Instant } from '../../domain/instant.ts';
import type { LogLine } from '../../domain/run.ts';

/** Lines are looked for again in so many ms before the newest one: platforms write them down late. */
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

/** The lines that are not kept yet, in their order. Equal lines of one moment count as often as they occur. */
export function news(
  lines: readonly LogLine[],
  { recent, newestAt }: LineState,
  isWhole: boolean,
): { fresh: LogLine[]; next: LineState } {
  const known = new Set(recent.map(([print]) => print));
  const seen = new Map<string, number>();
  const prints: [string, number | null][] = [];
  const fresh: LogLine[] = [];
  for (const line of lines) {
    const base = JSON.stringify([line.at, line.level, line.message]);
    const nth = (seen.get(base) ?? 0) + 1;
    seen.set(base, nth);
    const print = createHash('sha256').update(`${nth} ${base}`).digest('base64url').slice(0, 16);
    prints.push([print, msOf(line.at)]);
    if (!known.has(print)) fresh.push(line);
  }
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
