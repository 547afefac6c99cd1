/** Response headers that scripts of other origins may read. */
export const exposedHeaders = [
  'Location',
  'Content-Location',
  'Content-Disposition',
  'Content-Range',
  'ETag',
  'Age',
  'Retry-After',
  'Link',
  'Gateway-Complete',
  'Cache-Status',
  'Idempotency-Replayed',
  'Preference-Applied',
  'X-Request-Id',
];

const loopback = /^https?:\/\/(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/;

/** Whose pages may call: those of the configuration, and with nothing but sandboxes those on loopback. */
export function allowedOrigins(
  configured: readonly string[],
  sandboxesOnly: boolean,
): (string | RegExp)[] {
  return sandboxesOnly ? [...configured, loopback] : [...configured];
}
