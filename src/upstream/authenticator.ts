/** What signs the requests of one connection. */
export interface Authenticator {
  /** The headers that carry the credential; may fetch a token first. */
  headers(signal: AbortSignal): Promise<Readonly<Record<string, string>>>;
  /**
   * The upstream answered 401 to `rejected`. Resolves true when there are other headers to try, so at most once per
   * rejected credential however many ask; false when the credential cannot change.
   */
  renew(rejected: Readonly<Record<string, string>>, signal: AbortSignal): Promise<boolean>;
  /** Everything that must never be shown, as it stands now. */
  secrets(): readonly string[];
}

/** A credential that stays the same: an API key, Basic, a pair of headers, a static token. */
export function fixedHeaders(
  headers: () => Readonly<Record<string, string>>,
  secrets: () => readonly string[],
): Authenticator {
  return {
    headers: () => Promise.resolve(headers()),
    renew: (rejected) => Promise.resolve(JSON.stringify(headers()) !== JSON.stringify(rejected)),
    secrets: () => [...secrets(), ...Object.values(headers()).flatMap(withoutScheme)],
  };
}

/** A credential as a header has it, and as it stands behind its scheme: `Basic dXNlcjpwYXNz` and `dXNlcjpwYXNz`. */
function withoutScheme(header: string): string[] {
  return [header, ...header.split(' ').slice(1)];
}

/** No credential at all. */
export const anonymous: Authenticator = fixedHeaders(
  () => ({}),
  () => [],
);
