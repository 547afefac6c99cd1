import { isNugetVersion } from './nuget-version.ts';
import { NupkgProblem } from './nupkg-problem.ts';
import { parseXml, type XmlElement } from './xml-document.ts';
import { XmlProblem } from './xml-text.ts';

/** What a package is by its manifest. */
export interface PackageIdentity {
  readonly id: string;
  /** As the manifest writes it. */
  readonly version: string;
  readonly title: string | null;
}

/** NuGet's own rule (`PackageIdValidator` of NuGet.Packaging), which counts the letters of all scripts. */
const idForm = /^[\p{L}\p{Mn}\p{Nd}\p{Pc}]+([.-][\p{L}\p{Mn}\p{Nd}\p{Pc}]+)*$/u;
/** learn.microsoft.com/nuget/reference/nuspec#id, and #version of nuget.org; the platform's own column has 50. */
const longestId = 100;
const longestVersion = 64;
const longestTitle = 256;
/** The parts of a version are .NET's `int`. */
const largestNumber = 2 ** 31 - 1;

/**
 * Reads the manifest that is called `name` (learn.microsoft.com/nuget/reference/nuspec).
 * @throws NupkgProblem
 */
export function readNuspec(name: string, bytes: Uint8Array): PackageIdentity {
  const root = documentOf(name, bytes);
  if (root.name !== 'package') throw new NupkgProblem(name, 'is no manifest of a package');
  const metadata = only(root, 'metadata', `${name}: `);
  const at = (member: string): string => `${name}: metadata.${member}`;
  const id = textOf(only(metadata, 'id', `${name}: metadata.`), at('id'));
  if (id.length > longestId || !idForm.test(id))
    throw new NupkgProblem(at('id'), 'is no id that NuGet allows');
  const version = textOf(only(metadata, 'version', `${name}: metadata.`), at('version'));
  if (!isPackageVersion(version))
    throw new NupkgProblem(at('version'), 'is no version that NuGet allows');
  return { id, version, title: titleOf(metadata) };
}

function documentOf(name: string, bytes: Uint8Array): XmlElement {
  try {
    return parseXml(bytes);
  } catch (error) {
    if (!(error instanceof XmlProblem)) throw error;
    throw new NupkgProblem(name, error.message, error);
  }
}

/** Where there were two, readers could differ in which of them counts. */
function only(parent: XmlElement, name: string, path: string): XmlElement {
  const [found, another] = childrenOf(parent, name);
  if (found === undefined) throw new NupkgProblem(`${path}${name}`, 'is missing');
  if (another !== undefined) throw new NupkgProblem(`${path}${name}`, 'stands there twice');
  return found;
}

/** Those of other namespaces are extensions of somebody else's. */
function childrenOf(parent: XmlElement, name: string): readonly XmlElement[] {
  return parent.children.filter(
    (each) => each.name === name && each.namespace === parent.namespace,
  );
}

function textOf({ text, children }: XmlElement, at: string): string {
  if (children.length > 0) throw new NupkgProblem(at, 'must be text and nothing else');
  return text.trim();
}

function titleOf(metadata: XmlElement): string | null {
  const title = childrenOf(metadata, 'title')[0]?.text.replaceAll(/\s+/g, ' ').trim() ?? '';
  return title === '' || title.length > longestTitle ? null : title;
}

function isPackageVersion(text: string): boolean {
  if (text.length > longestVersion || text.endsWith('+') || !isNugetVersion(text)) return false;
  const [core = ''] = text.split(/[-+]/);
  return core.split('.').every((number) => Number(number) <= largestNumber);
}
