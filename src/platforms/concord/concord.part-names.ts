/** Files that hold flows by themselves. */
export const projectFiles: readonly string[] = ['concord.yml', '.concord.yml'];

/** Parts whose names mean something to the server, in any case of letters; the gateway fills them in. */
const reserved: ReadonlySet<string> = new Set([
  'org',
  'orgid',
  'project',
  'projectid',
  'repo',
  'repoid',
  'entrypoint',
  'parentinstanceid',
  'archive',
  'request',
  'meta',
  'sync',
]);

/** What is wrong with the name that a caller gave a file or a parameter; null when nothing is. */
export function partNameProblem(name: string): string | null {
  if (reserved.has(name.toLowerCase()))
    return 'is a name that Concord keeps for itself, and that the gateway fills in: process says what is started';
  if (name.startsWith('/') || name.includes('..')) return 'must stay within the working directory';
  // Outside of ASCII the server reads another name than was sent, and quotes would end it.
  if (!/^[\x20-\x7e]+$/.test(name) || /["\\]/.test(name))
    return 'must be printable ASCII without quotes';
  return null;
}
