import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { parseXml } from './xml-document.ts';
import { XmlProblem } from './xml-text.ts';

const utf16 = (text: string): Buffer => Buffer.from(`\ufeff${text}`, 'utf16le');
const bigEndian = (text: string): Buffer => utf16(text).swap16();

describe('an XML document', () => {
  test.each<readonly [string, string, string]>([
    ['text', '<a>b</a>', 'b'],
    ['comments and instructions', '<?x y?><!-- <a> --><a>b<!-- c -->d<?e f?></a>\n<!--g-->', 'bd'],
    ['sections of characters', '<a><![CDATA[<b>&amp;]]]]><![CDATA[>]]></a>', '<b>&amp;]]>'],
    ['the entities of XML', '<a>&lt;&gt;&amp;&quot;&apos;&#65;&#x42;&#x1F600;</a>', '<>&"\'AB😀'],
    ['attributes', `<a b = "1" c='">&amp;'\n/>`, ''],
    ['a declaration', '<?xml version="1.0" encoding=\'UTF-8\' standalone="yes" ?>\n<a>ä</a>', 'ä'],
    ['children', '<a>b<c>no</c>d</a>', 'bd'],
    ['names of other scripts', '<größe>ö</größe>', 'ö'],
  ])('with %s is read', (_name, text, content) => {
    expect(parseXml(Buffer.from(text)).text).toBe(content);
  });

  test('has its names in namespaces, with prefixes and without', () => {
    const { children, namespace } = parseXml(
      Buffer.from(
        '<a xmlns="x" xmlns:p="y"><b/><p:b/><b xmlns=""/><p:b xmlns:p="&#122;"/><c xml:lang="en"/></a>',
      ),
    );
    expect(namespace).toBe('x');
    expect(children.map((each) => [each.name, each.namespace])).toEqual([
      ['b', 'x'],
      ['b', 'y'],
      ['b', ''],
      ['b', 'z'],
      ['c', 'x'],
    ]);
  });

  test.each<readonly [string, Buffer]>([
    ['UTF-8', Buffer.from('<a>ä€😀</a>')],
    ['UTF-8 with a mark', Buffer.from('\ufeff<?xml version="1.0" encoding="utf-8"?><a>ä€😀</a>')],
    ['UTF-16', utf16('<?xml version="1.0" encoding="utf-16"?><a>ä€😀</a>')],
    ['UTF-16, big end first', bigEndian('<?xml version="1.0" encoding="UTF-16BE"?><a>ä€😀</a>')],
    ['UTF-16 that is not declared', bigEndian('<a>ä€😀</a>')],
    ['UTF-16 without a mark', utf16('<?xml version="1.0"?><a>ä€😀</a>').subarray(2)],
  ])('in %s is read', (_name, bytes) => {
    expect(parseXml(bytes).text).toBe('ä€😀');
  });

  test('in Latin-1 is read where it says so', () => {
    const text = '<?xml version="1.0" encoding="ISO-8859-1"?><a>ä</a>';
    expect(parseXml(Buffer.from(text, 'latin1')).text).toBe('ä');
  });

  test.each<readonly [string, Buffer]>([
    ['Latin-1 that is not declared', Buffer.from('<a>ä</a>', 'latin1')],
    ['UTF-16 that says UTF-8', utf16('<?xml version="1.0" encoding="utf-8"?><a/>')],
    ['UTF-16 of the other end', utf16('<?xml version="1.0" encoding="utf-16be"?><a/>')],
    ['UTF-8 that says UTF-16', Buffer.from('<?xml version="1.0" encoding="utf-16"?><a/>')],
    ['an encoding nobody knows', Buffer.from('<?xml version="1.0" encoding="ebcdic"?><a/>')],
    [
      'a name of a member for an encoding',
      Buffer.from('<?xml version="1.0" encoding="toString"?><a/>'),
    ],
    ['UTF-16 that is cut', utf16('<a></a>').subarray(0, 15)],
    [
      'UTF-16 with half a character',
      Buffer.concat([utf16('<a>'), Buffer.from([0, 0xd8]), utf16('</a>').subarray(2)]),
    ],
  ])('in %s is refused', (_name, bytes) => {
    expect(() => parseXml(bytes)).toThrow(XmlProblem);
  });

  test.each([
    ['a type declaration', '<!DOCTYPE a><a/>', /document type/],
    ['an entity of its own', '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', /document type/],
    ['an entity that nobody declares', '<a>&b;</a>', /entity/],
    ['an entity that is not ended', '<a>&amp</a>', /entity/],
    ['an entity in an attribute', '<a b="&c;"/>', /entity/],
    ['a character that there is not', '<a>&#0;</a>', /character/],
    ['half a character', '<a>&#xD800;</a>', /character/],
    ['a control character', '<a>\u0001</a>', /character/],
    ['XML 1.1', '<?xml version="1.1"?><a/>', /version/],
    ['a declaration that comes late', '\n<?xml version="1.0"?><a/>', /well-formed/],
    ['nothing', '', /too early/],
    ['text alone', 'a', /well-formed/],
    ['a root that is not ended', '<a>', /too early/],
    ['a comment that is not ended', '<a/><!-- b', /too early/],
    ['a comment within one', '<a/><!-- -- -->', /well-formed/],
    ['two roots', '<a/><b/>', /well-formed/],
    ['text after the root', '<a/>b', /well-formed/],
    ['characters after the root', '<a/><![CDATA[b]]>', /well-formed/],
    ['elements across each other', '<a><b></a></b>', /well-formed/],
    ['an attribute twice', '<a b="1" b="2"/>', /well-formed/],
    ['an attribute without quotes', '<a b=1/>', /well-formed/],
    ['a prefix that nobody declares', '<p:a/>', /prefix/],
    ['an element of no name', '<a>< b/></a>', /well-formed/],
    ['elements without end', `<a>${'<b/>'.repeat(5_000)}</a>`, /5000 elements/],
    ['an element far down', '<a>'.repeat(101) + '</a>'.repeat(101), /deep/],
  ])('with %s is refused', (_name, text, problem) => {
    expect(() => parseXml(Buffer.from(text))).toThrow(problem);
    expect(() => parseXml(Buffer.from(text))).toThrow(XmlProblem);
  });

  test('may have 5,000 elements', () => {
    expect(parseXml(Buffer.from(`<a>${'<b/>'.repeat(4_999)}</a>`)).children).toHaveLength(4_999);
  });

  test('says in which line it is broken', () => {
    expect(() => parseXml(Buffer.from('<a>\n\n<b></c>\n</a>'))).toThrow('line 3');
  });

  test('of any text is read as that text, or refused, and nothing else', () => {
    const text = fc.string({ unit: 'grapheme', maxLength: 40 });
    fc.assert(
      fc.property(text, (content) => {
        const escaped = content.replaceAll(/[<&>]/g, (char) => `&#${char.codePointAt(0) ?? 0};`);
        expect(parseXml(Buffer.from(`<a>${escaped}</a>`)).text).toBe(content);
      }),
    );
    const piece = fc.constantFrom(
      '<',
      '>',
      '/',
      'a',
      '&',
      ';',
      '"',
      '=',
      ' ',
      '!',
      '[',
      '-',
      '?',
      'xmlns',
      ':',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
        try {
          parseXml(Buffer.from(`<a>${pieces.join('')}</a>`));
        } catch (error) {
          expect(error).toBeInstanceOf(XmlProblem);
        }
      }),
      { numRuns: 2_000 },
    );
  });
});
