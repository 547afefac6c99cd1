/**
 * What `open` gives, which may then be read for as long as `gone` lets it: only until it gives it, its signal fires after
 * `ms` too.
 */
export async function opened<T>(
  ms: number,
  gone: AbortSignal,
  open: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const late = new AbortController();
  const timer = setTimeout(() => {
    late.abort(new DOMException('It was not opened in time.', 'TimeoutError'));
  }, ms);
  try {
    return await open(AbortSignal.any([gone, late.signal]));
  } finally {
    clearTimeout(timer);
  }
}
