import { eachOperation, type OpenApi } from './openapi.ts';

/** An operation that a request means. */
export interface FoundOperation {
  readonly operationId: string;
  readonly method: string;
  /** The request's path as the rewritten document spells it. */
  readonly path: string;
}

interface Row {
  readonly method: string;
  readonly pattern: RegExp;
  readonly operationId: string;
  /** How the document is rewritten: `/7/{key}`. */
  readonly place: string;
  readonly literalLength: number;
}

/**
 * The paths of a document, matched to the letter. The validator's own router knows no templates as `Releases({key})` or
 * `DownloadPackage(key='{key}')`, so the document that it gets has plain ones, and requests are brought into the same form.
 */
export class PathTable {
  readonly document: OpenApi;
  readonly #rows: readonly Row[];

  constructor(source: OpenApi) {
    const rows: Row[] = [];
    const places = new Map(Object.keys(source.paths).map((path, at) => [path, placeOf(path, at)]));
    eachOperation(source, ({ operationId }, method, path) => {
      const servers = source.paths[path]?.servers ?? source.servers ?? [{ url: '/' }];
      for (const { url } of servers) {
        rows.push({
          method,
          operationId,
          pattern: new RegExp(`^${basePattern(url)}${patternOf(path, '([^/]+?)')}$`),
          place: places.get(path) ?? path,
          literalLength: path.replace(/\{.*?\}/g, '').length,
        });
      }
    });
    this.#rows = rows.sort((a, b) => b.literalLength - a.literalLength);
    const renamed = Object.entries(source.paths).map(([path, item]) => [places.get(path), item]);
    this.document = { ...source, paths: Object.fromEntries(renamed) as OpenApi['paths'] };
  }

  find(method: string, url: string): FoundOperation | null {
    const [raw = ''] = url.split('?');
    // Sub-delimiters may be sent encoded or bare (RFC 3986 §2.2); templates have them bare.
    const path = raw.replace(/%(27|28|29|3D)/gi, decodeURIComponent);
    for (const row of this.#rows) {
      if (row.method !== method.toLowerCase()) continue;
      const values = row.pattern.exec(path)?.slice(1);
      if (values === undefined) continue;
      let at = 0;
      const place = row.place.replace(/\{.*?\}/g, () =>
        encodeURIComponent(decodeURIComponent(values[at++] ?? '')),
      );
      return { operationId: row.operationId, method: row.method, path: place };
    }
    return null;
  }
}

function placeOf(path: string, at: number): string {
  return ['', String(at), ...(path.match(/\{.*?\}/g) ?? [])].join('/');
}

/** The path of a server, whose variables may be anything. */
function basePattern(url: string): string {
  const path = url.replace(/^https?:\/\/[^/]*/, '').replace(/\/$/, '');
  return patternOf(path, '[^/]+?');
}

function patternOf(template: string, variable: string): string {
  return template
    .split(/(\{.*?\})/)
    .map((part) => (part.startsWith('{') ? variable : part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')))
    .join('');
}
