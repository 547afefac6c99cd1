import { referredTo, valueOf } from './xml-references.ts';
import { XmlProblem, xmlText } from './xml-text.ts';

/** An element (Namespaces in XML 1.0): `text` is what stands in it beside its children. */
export interface XmlElement {
  /** Without its prefix. */
  readonly name: string;
  /** Empty: none. */
  readonly namespace: string;
  readonly text: string;
  readonly children: readonly XmlElement[];
}

interface Open {
  readonly tag: string;
  readonly name: string;
  readonly namespace: string;
  /** What its own tag declares, by prefixes; the empty one is for names without. */
  readonly declared: ReadonlyMap<string, string>;
  readonly children: XmlElement[];
  text: string;
}

const nameForm = String.raw`[\p{L}_][\p{L}\p{M}\p{N}_.\u00b7-]*`;
const tag = new RegExp(`<(/?)((?:(${nameForm}):)?(${nameForm}))`, 'uy');
const attribute = new RegExp(
  `[ \\t\\r\\n]+((?:${nameForm}:)?${nameForm})[ \\t\\r\\n]*=[ \\t\\r\\n]*(?:"([^"<]*)"|'([^'<]*)')`,
  'uy',
);
const tagEnd = /[ \t\r\n]*(\/?)>/y;
const characters = /[^<&]+/y;
const xmlNamespace = 'http://www.w3.org/XML/1998/namespace';
/** Far more than any manifest has; looking up a prefix takes as many steps. */
const deepest = 100;
/** The same: all of it is read in one go, and held. */
const mostElements = 5_000;

/**
 * The root of a document. It reads what is well-formed and nothing else, and follows nothing: a document type declaration
 * is refused, and with it every entity but those that XML has by itself.
 * @throws XmlProblem
 */
export function parseXml(bytes: Uint8Array): XmlElement {
  return new Parsing(xmlText(bytes)).root();
}

class Parsing {
  readonly #text: string;
  readonly #open: Open[] = [];
  #at = 0;
  #elements = 0;
  #root: XmlElement | null = null;

  constructor(text: string) {
    this.#text = text;
  }

  root(): XmlElement {
    while (this.#at < this.#text.length) this.#step();
    if (this.#root === null || this.#open.length > 0) throw new XmlProblem('ends too early');
    return this.#root;
  }

  #step(): void {
    const text = this.#take(characters)?.[0];
    if (text !== undefined) this.#add(text);
    else if (this.#text[this.#at] === '&') this.#reference();
    else if (this.#startsWith('<!--')) this.#comment();
    else if (this.#startsWith('<![CDATA[')) this.#cdata();
    else if (this.#startsWith('<?')) this.#instruction();
    else if (this.#startsWith('<!DOCTYPE'))
      throw new XmlProblem('has a document type declaration, which no package needs');
    else this.#tag();
  }

  #comment(): void {
    const content = this.#upTo('<!--', '-->');
    if (content.includes('--') || content.endsWith('-')) throw this.#malformed();
  }

  #cdata(): void {
    if (this.#open.length === 0) throw this.#malformed();
    this.#add(this.#upTo('<![CDATA[', ']]>'));
  }

  /** One that is called `xml` would be a declaration at the wrong place. */
  #instruction(): void {
    if (/^xml(?![\p{L}\p{N}_.:-])/iu.test(this.#upTo('<?', '?>'))) throw this.#malformed();
  }

  #reference(): void {
    if (this.#open.length === 0) throw this.#malformed();
    const { text, end } = referredTo(this.#text, this.#at);
    this.#at = end;
    this.#add(text);
  }

  #tag(): void {
    const [, slash, whole = '', prefix = '', name = ''] = this.#take(tag) ?? [];
    if (slash === undefined) throw this.#malformed();
    if (slash === '/') this.#close(whole);
    else this.#begin(whole, prefix, name);
  }

  #begin(whole: string, prefix: string, name: string): void {
    if (this.#root !== null) throw this.#malformed();
    if (this.#open.length === deepest) throw new XmlProblem('is nested too deep');
    this.#elements += 1;
    if (this.#elements > mostElements)
      throw new XmlProblem(`has more than ${mostElements} elements`);
    const declared = this.#declared();
    const [, isEmpty] = this.#take(tagEnd) ?? [];
    if (isEmpty === undefined) throw this.#malformed();
    const namespace = declared.get(prefix) ?? this.#namespace(prefix);
    this.#open.push({ tag: whole, name, namespace, declared, children: [], text: '' });
    if (isEmpty === '/') this.#end();
  }

  /** The namespaces of the tag whose attributes come next. */
  #declared(): ReadonlyMap<string, string> {
    const seen = new Set<string>();
    const declared = new Map<string, string>();
    for (let found = this.#take(attribute); found !== null; found = this.#take(attribute)) {
      const [, name = '', quoted = found[3] ?? ''] = found;
      if (seen.has(name)) throw this.#malformed();
      seen.add(name);
      const prefix = name === 'xmlns' ? '' : /^xmlns:(.*)$/u.exec(name)?.[1];
      const value = valueOf(quoted);
      if (prefix !== undefined) declared.set(prefix, value);
    }
    return declared;
  }

  #namespace(prefix: string): string {
    const above = this.#open.findLast(({ declared }) => declared.has(prefix));
    const found = above?.declared.get(prefix) ?? (prefix === '' ? '' : null);
    if (found !== null) return found;
    if (prefix === 'xml') return xmlNamespace;
    throw new XmlProblem('has a name with a prefix that it does not declare');
  }

  #close(whole: string): void {
    const [, isEmpty] = this.#take(tagEnd) ?? [];
    if (isEmpty !== '' || this.#open.at(-1)?.tag !== whole) throw this.#malformed();
    this.#end();
  }

  #end(): void {
    const done = this.#open.pop();
    if (done === undefined) throw this.#malformed();
    const { name, namespace, text, children } = done;
    const above = this.#open.at(-1);
    if (above === undefined) this.#root = { name, namespace, text, children };
    else above.children.push({ name, namespace, text, children });
  }

  /** Outside the root nothing but blanks may stand. */
  #add(text: string): void {
    const open = this.#open.at(-1);
    if (open !== undefined) open.text += text;
    else if (/[^ \t\r\n]/.test(text)) throw this.#malformed();
  }

  #take(form: RegExp): RegExpExecArray | null {
    form.lastIndex = this.#at;
    const found = form.exec(this.#text);
    if (found !== null) this.#at = form.lastIndex;
    return found;
  }

  #startsWith(text: string): boolean {
    return this.#text.startsWith(text, this.#at);
  }

  #upTo(start: string, end: string): string {
    const from = this.#at + start.length;
    const until = this.#text.indexOf(end, from);
    if (until < 0) throw new XmlProblem('ends too early');
    this.#at = until + end.length;
    return this.#text.slice(from, until);
  }

  #malformed(): XmlProblem {
    const line = this.#text.slice(0, this.#at).split('\n').length;
    return new XmlProblem(`is no well-formed XML (line ${line})`);
  }
}
