/** What no file may be called on one system or another: control characters, and what Windows reserves. */
// eslint-disable-next-line no-control-regex -- control characters are what is taken out
const unfit = /[\u0000-\u001f\u007f-\u009f"*/:<>?\\|]+/g;
/** In characters. */
export const longestFileName = 150;

/** `filename*=UTF-8''Invoice%20intake.nupkg` (RFC 8187 §3.2). */
const extendedForm = /;\s*filename\*\s*=\s*utf-8'[^']*'([^;\s]+)/i;
/** `filename="Invoice intake.nupkg"` or bare (RFC 6266 §4.1). */
const plainForm = /;\s*filename\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^;"]+))/i;

/**
 * The file name of a `Content-Disposition`: its last part only, with an ending, fit to be saved under on any system;
 * `fallback`, made so, where it gives none.
 */
export function fileNameOf(disposition: string | undefined, fallback: string): string {
  const header = `;${disposition ?? ''}`;
  return fit(extended(header)) ?? fit(plain(header)) ?? fit(fallback) ?? 'package.bin';
}

/** A name that somebody else has given to a file, made as above; one without an ending gets one. */
export function fittingName(name: string, fallback: string): string {
  return fit(name) ?? fit(`${name}.bin`) ?? fit(fallback) ?? 'package.bin';
}

function extended(header: string): string | null {
  const [, encoded] = extendedForm.exec(header) ?? [];
  if (encoded === undefined) return null;
  try {
    return decodeURIComponent(encoded);
  } catch {
    // Broken escapes: the plain form may still be good.
    return null;
  }
}

function plain(header: string): string | null {
  const [, quoted, bare] = plainForm.exec(header) ?? [];
  return quoted?.replace(/\\(.)/g, '$1') ?? bare ?? null;
}

/** The last part of a path with an ending, cut to its longest; null when there is none such. */
function fit(name: string | null): string | null {
  const last = name?.toWellFormed().split(/[/\\]/).at(-1) ?? '';
  const clean = last.replace(unfit, '_').replace(/^[\s.]+|[\s.]+$/g, '');
  const [, stem = '', ending = ''] = /^(.+)(\.\w{1,20})$/su.exec(clean) ?? [];
  return ending === ''
    ? null
    : `${stem.slice(0, longestFileName - ending.length).toWellFormed()}${ending}`;
}
