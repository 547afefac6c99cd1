/** So much is asked of Redis in one go: a command has to be answered soon, and others wait meanwhile. */
const length = 500;

/** The same in pieces that Redis takes at once. */
export function chunksOf<T>(all: readonly T[]): T[][] {
  const count = Math.ceil(all.length / length);
  return Array.from({ length: count }, (_, at) => all.slice(at * length, (at + 1) * length));
}
