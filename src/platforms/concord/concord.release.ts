/** A release of the server, as far as it decides what it can do. */
export type Release = readonly [major: number, minor: number];

/** Runs that have ended can begin anew. */
export const firstWithRestart: Release = [2, 8];
/** A start can be tried without its effects. */
export const firstWithDryRun: Release = [2, 19];
/** Only the form starts anything. */
export const firstWithoutPaths: Release = [2, 24];

/** `2.16.0` → [2, 16]; null for anything else, as a build of somebody's own may call itself. */
export function releaseOf(version: string | null | undefined): Release | null {
  const [, major, minor] = /^(\d+)\.(\d+)/.exec(version ?? '') ?? [];
  return minor === undefined ? null : [Number(major), Number(minor)];
}

export function isBefore([major, minor]: Release, [otherMajor, otherMinor]: Release): boolean {
  return major < otherMajor || (major === otherMajor && minor < otherMinor);
}
