const dayMs = 86_400_000;
/** One moment for all of a process: what is seeded twice is the same. */
const nowMs = Date.now();

/** So many days ago, in ms since 1970: what ran before anybody came is recent, whenever a sandbox is seeded. */
export function daysAgo(days: number): number {
  return nowMs - days * dayMs;
}
