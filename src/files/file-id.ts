const ids = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/;

/** Whether a store may have made it: nothing else is ever part of a path or of a key. */
export function isFileId(text: string): boolean {
  return ids.test(text);
}
