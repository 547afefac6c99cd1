import { readZip, writeZip } from '../kit/zip.ts';
import type { StoredPackage, StoredVersion } from './state.ts';

/** What a package says of itself, in its `.nuspec`. */
export interface Nuspec {
  readonly id: string;
  readonly version: string;
  readonly title: string | null;
  readonly authors: string;
  readonly description: string;
  readonly tags: string;
  readonly releaseNotes: string | null;
}

/** `\w` of .NET knows the letters of all scripts. */
const idPattern = /^[\p{L}\p{Mn}\p{Nd}\p{Pc}]+([.-][\p{L}\p{Mn}\p{Nd}\p{Pc}]+)*$/u;
const longestId = 100;
const versionPattern = /^\d+(\.\d+){0,3}(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)?$/;

/** The bytes of a version: what was uploaded, else a package made from what is known of it. */
export function nupkgOf({ id, title }: StoredPackage, version: StoredVersion): Buffer {
  if (version.bytes !== null) return Buffer.from(version.bytes, 'base64');
  const nuspec = nuspecOf({ ...version, id, title });
  const project = JSON.stringify({ name: id, projectVersion: version.version, main: 'Main.xaml' });
  return writeZip([
    { name: `${id}.nuspec`, content: Buffer.from(nuspec) },
    { name: 'lib/net45/project.json', content: Buffer.from(project) },
    { name: 'lib/net45/Main.xaml', content: Buffer.from(`<Activity DisplayName="${id}" />\n`) },
  ]);
}

/** Reads a package; null for bytes that are none. */
export function readNupkg(bytes: Buffer): Nuspec | null {
  let xml: string | undefined;
  try {
    const found = readZip(bytes, (name) => /^[^/]+\.nuspec$/i.test(name));
    xml = found[0] === undefined ? undefined : plainXml(found[0].content);
  } catch {
    // Whatever is wrong with the archive, it is not a package.
    return null;
  }
  if (xml === undefined) return null;
  const [id, version] = [textOf(xml, 'id'), textOf(xml, 'version')];
  if (id === null || version === null) return null;
  if (id.length > longestId || !idPattern.test(id) || !versionPattern.test(version)) return null;
  return {
    id,
    version,
    title: textOf(xml, 'title'),
    authors: textOf(xml, 'authors') ?? '',
    description: textOf(xml, 'description') ?? '',
    tags: textOf(xml, 'tags') ?? '',
    releaseNotes: textOf(xml, 'releaseNotes'),
  };
}

/** The manifest of a package (learn.microsoft.com/nuget/reference/nuspec). */
export function nuspecOf(spec: Nuspec): string {
  const members = Object.entries({
    id: spec.id,
    version: spec.version,
    title: spec.title,
    authors: spec.authors,
    description: spec.description,
    tags: spec.tags,
    releaseNotes: spec.releaseNotes,
  });
  const lines = members.flatMap(([name, value]) =>
    value === null || value === '' ? [] : [`    <${name}>${escaped(value)}</${name}>`],
  );
  return [
    '<?xml version="1.0" encoding="utf-8"?>',
    '<package xmlns="http://schemas.microsoft.com/packaging/2013/05/nuspec.xsd">',
    '  <metadata>',
    ...lines,
    '  </metadata>',
    '</package>',
    '',
  ].join('\n');
}

/** As text, without comments, and with what stands in CDATA sections written as anything else. */
function plainXml(bytes: Buffer): string {
  const isWide = bytes[0] === 0xff && bytes[1] === 0xfe;
  return bytes
    .toString(isWide ? 'utf16le' : 'utf8')
    .replaceAll(/<!--[^]*?-->/g, '')
    .replaceAll(/<!\[CDATA\[([^]*?)\]\]>/g, (_, text: string) => escaped(text));
}

function textOf(xml: string, element: string): string | null {
  const text = new RegExp(`<${element}>([^<]*)</${element}>`).exec(xml)?.[1]?.trim();
  return text === undefined || text === '' ? null : unescaped(text);
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

function unescaped(text: string): string {
  return text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&');
}
