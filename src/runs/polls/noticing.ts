/** Passes on what comes, and calls `onStill` when nothing more comes for `ms` once something came and was dealt with. */
export async function* noticing<T>(
  source: AsyncIterable<T>,
  ms: number,
  onStill: () => void,
): AsyncGenerator<T> {
  let timer: NodeJS.Timeout | undefined;
  try {
    for await (const each of source) {
      clearTimeout(timer);
      yield each;
      timer = setTimeout(onStill, ms);
    }
  } finally {
    clearTimeout(timer);
  }
}
