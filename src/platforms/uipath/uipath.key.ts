import { decodeKey } from '../../domain/ids.ts';
import { isSegment } from '../../upstream/path.ts';
import { isNugetVersion } from './nuget-version.ts';

/** What neither a package id nor a web server takes in a path, however it is written. */
// eslint-disable-next-line no-control-regex -- control characters are among what is refused
const impossible = /[\u0000-\u001f\u007f/\\%*:?&<>#]/;
/** NuGet allows 100 characters (learn.microsoft.com/nuget/reference/nuspec#id). */
const longestId = 100;

const guid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
/** Rows are numbered in 64 bits. */
const rowNumber = /^[1-9]\d{0,18}$/;

export function isGuid(text: string): boolean {
  return guid.test(text);
}

/** Whether a text is the number of a row: a release, a job. */
export function isNumber(text: string): boolean {
  return rowNumber.test(text);
}

/** `Id:Version`, as the platform writes it in `ProcessDto.Key`. */
export interface PackageVersion {
  readonly id: string;
  readonly version: string;
}

/** The package that a canonical key means; null for a key that no package can have. */
export function packageOf(key: string): string | null {
  const [id = '', ...more] = decodeKey(key);
  return more.length === 0 && isPackageId(id) ? id : null;
}

/** The version that an alias `Id:Version` means; null for any other key. */
export function packageVersionOf(key: string): PackageVersion | null {
  const [id = '', version = '', ...more] = decodeKey(key);
  return more.length === 0 && isPackageId(id) && isNugetVersion(version) ? { id, version } : null;
}

/** Whether two texts name one package: NuGet compares ids without regard to case. */
export function samePackage(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}

function isPackageId(text: string): boolean {
  return isSegment(text) && text.length <= longestId && !impossible.test(text);
}
