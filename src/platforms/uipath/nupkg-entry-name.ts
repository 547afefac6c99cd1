/** Windows takes a part of a path for the folder above, or for none, when it ends in dots and blanks. */
const nowhere = /^[. ]+$/;
// eslint-disable-next-line no-control-regex -- control characters are what is looked for
const controls = /[\u0000-\u001f\u007f-\u009f]/;
const longestShown = 200;

/** Why an entry of an archive must not be called so, as the end of a sentence; null when it may. */
export function entryNameProblem(name: string): string | null {
  if (name === '') return 'has no name';
  // NuGet writes names percent-encoded, and reads them so.
  for (const each of [name, unescaped(name)]) {
    if (controls.test(each)) return 'has a control character in its name';
    if (each.includes('\\')) return 'has a backslash in its name';
    if (each.startsWith('/') || /^[a-z]:/i.test(each)) return 'has an absolute name';
    if (each.split('/').some((part) => nowhere.test(part)))
      return 'has a name that leads elsewhere';
  }
  return null;
}

/** Whether it is a manifest: one in the root of the package. */
export function isManifestName(name: string): boolean {
  return [name, unescaped(name)].some((each) => /^[^/]+\.nuspec$/i.test(each));
}

/** The name as problems show it. */
export function shownName(name: string): string {
  const cut = name.length > longestShown ? `${name.slice(0, longestShown)}…` : name;
  return cut.replaceAll(new RegExp(controls, 'g'), '\ufffd').toWellFormed();
}

function unescaped(name: string): string {
  return name.replaceAll(/%([0-7][0-9a-f])/gi, (_, hex: string) =>
    String.fromCharCode(parseInt(hex, 16)),
  );
}
