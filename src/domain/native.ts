/** A platform's own JSON, secrets redacted. */
export type Native = Readonly<Record<string, unknown>>;
