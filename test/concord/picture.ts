import type { Answer } from './server.ts';

const uuid = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/gi;
const date = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}(Z|[+-]\d\d)$/;

/** Members whose words are part of the contract; of any other only the type is. */
const words = new Set(['status', 'kind', 'ok', 'result', 'visibility', 'eventSource', 'message']);
/** Members that the caller's own data stands in. */
const opaque = new Set(['arguments', 'out']);
const comparedHeaders = ['content-type', 'www-authenticate', 'vary', 'content-disposition'];

/** What is the same in two answers to the same call, however their data differ. */
export function pictureOf({ status, headers, text }: Answer): Record<string, unknown> {
  const type = headers.get('content-type');
  const shown = comparedHeaders.map((name) => [name, withoutIds(headers.get(name))]);
  return {
    status,
    headers: Object.fromEntries(shown) as unknown,
    allow: methodsOf(headers.get('allow')),
    range: rangeOf(headers.get('content-range'), text),
    body: bodyOf(type, text),
  };
}

function withoutIds(text: string | null): string | null {
  return text?.replace(uuid, '<uuid>') ?? null;
}

/** Methods that a path takes, without those that every server adds. */
function methodsOf(allow: string | null): readonly string[] | null {
  const methods = allow?.split(',').map((method) => method.trim());
  return methods?.filter((method) => !['HEAD', 'OPTIONS'].includes(method)).sort() ?? null;
}

/** Where a part of a log lies, and whether it is made of whole lines and as long as it says. */
function rangeOf(range: string | null, text: string): unknown {
  const found = /^bytes (\d+)-(\d+)\/(\d+)$/.exec(range ?? '');
  if (found === null) return range;
  const [start = 0, end = 0, size = 0] = found.slice(1).map(Number);
  const place = (at: number): string | number =>
    at === 0 || at > size ? at : at === size ? 'the end' : 'inside';
  const wholeLines = text === '' || (/^\d{4}-/.test(text) && text.endsWith('\n'));
  const length = Buffer.byteLength(text);
  return { start: place(start), end: place(end), wholeLines, isAsLong: length === end - start };
}

function bodyOf(type: string | null, text: string): unknown {
  if (text === '' || type === null) return text;
  if (type.includes('json')) return shapeOf('', JSON.parse(text));
  if (type.includes('html')) return 'a page';
  if (type === 'application/octet-stream') return 'bytes';
  return /^ERROR: [\w.$]+/.exec(text)?.[0] ?? withoutIds(text);
}

function shapeOf(member: string, value: unknown): unknown {
  if (opaque.has(member)) return typeof value;
  if (Array.isArray(value)) {
    const shapes = value.map((each) => JSON.stringify(shapeOf(member, each)));
    return [...new Set(shapes)].sort().map((shape): unknown => JSON.parse(shape));
  }
  if (typeof value === 'object' && value !== null) {
    const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
    return Object.fromEntries(members.map(([name, each]) => [name, shapeOf(name, each)]));
  }
  if (words.has(member)) return typeof value === 'string' ? withoutIds(value) : value;
  return typeof value === 'string' ? textShape(value) : typeof value;
}

function textShape(text: string): string {
  if (text.replace(uuid, '') === '') return 'uuid';
  const zone = date.exec(text)?.[1];
  return zone === undefined ? 'text' : `date ${zone}`;
}
