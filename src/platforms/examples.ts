import { platforms } from './all.ts';
import type { PlatformExamples } from './platform.ts';

/** What the API document shows of a platform, on a connection that is called like it, as those to sandboxes are. */
export interface Shown<T> {
  /** Id of a process. */
  readonly id: string;
  readonly key: string;
  readonly connection: string;
  /** The platform's name for people. */
  readonly title: string;
  /** The piece that was asked for; undefined where no platform brings it. */
  readonly piece: T;
}

/** The first platform that brings a piece of the document, and the piece. @throws Error when no platform is listed */
export function shown<P extends keyof PlatformExamples>(piece: P): Shown<PlatformExamples[P]> {
  const platform = platforms.find(({ examples }) => examples[piece] !== undefined) ?? platforms[0];
  if (platform === undefined) throw new Error('no platform is listed in platforms/index.ts');
  const { name, title, examples } = platform;
  const id = `${name}:${examples.key}`;
  return { id, key: examples.key, connection: name, title, piece: examples[piece] };
}

/** What every platform has to say about it, in the order of their list. */
export function allShown<P extends keyof PlatformExamples>(
  piece: P,
): NonNullable<PlatformExamples[P]>[] {
  return platforms.flatMap(({ examples }) => {
    const said = examples[piece];
    return said === undefined ? [] : [said];
  });
}

/** An id of every platform, this one first. */
export function idsFrom(first: string): string[] {
  const ids = platforms.map(({ name, examples }) => `${name}:${examples.key}`);
  return [...new Set([first, ...ids])];
}
