import { describe, expect, test } from '@jest/globals';
import { NupkgProblem } from './nupkg-problem.ts';
import { nuspecText } from './nupkg.testing.ts';
import { readNuspec } from './nuspec.ts';

const read = (text: string) => readNuspec('A.nuspec', Buffer.from(text));
const of = (id: string, version: string) => read(nuspecText(id, version));

describe('a manifest', () => {
  test('says id, version and title, as it writes them', () => {
    expect(read(nuspecText('Payment.Run', '1.0.6981.35861', ' Payment\n run '))).toEqual({
      id: 'Payment.Run',
      version: '1.0.6981.35861',
      title: 'Payment run',
    });
  });

  test.each([
    [
      'without a namespace',
      '<package><metadata><id>A</id><version>1.0</version></metadata></package>',
    ],
    [
      'with a prefix',
      '<n:package xmlns:n="x"><n:metadata><n:id>A</n:id><n:version>1.0</n:version></n:metadata></n:package>',
    ],
    [
      'with extensions of others',
      '<package xmlns="x"><o:metadata xmlns:o="y"/><metadata><id xmlns="z">B</id><id>A</id><o:version xmlns:o="y">2</o:version><version>1.0</version></metadata></package>',
    ],
    [
      'with its text in pieces',
      '<package><metadata><!-- <id>B</id> --><id>\n<![CDATA[A]]><!-- B --></id><version>1<?x?>&#46;0</version></metadata><files><id>C</id></files></package>',
    ],
  ])('%s is read', (_name, text) => {
    expect(read(text)).toEqual({ id: 'A', version: '1.0', title: null });
  });

  test.each(['A', 'a_b', 'A.B-C.9', 'Größe', '発注', 'x'.repeat(100)])('takes the id %s', (id) => {
    expect(of(id, '1.0.0').id).toBe(id);
  });

  test.each([
    '',
    '.',
    '..',
    'A.',
    '.A',
    'A..B',
    'A B',
    'A/B',
    'A:1',
    'A&amp;B',
    "A'",
    'x'.repeat(101),
  ])('refuses the id %j', (id) => {
    expect(() => of(id, '1.0.0')).toThrow(NupkgProblem);
    expect(() => of(id, '1.0.0')).toThrow('no id that NuGet allows');
  });

  test.each(['1', '1.0', '1.0.6981.35861', '2.0.0-beta.2', '1.0.0+build.7', '2147483647.0.0'])(
    'takes the version %s',
    (version) => {
      expect(of('A', version).version).toBe(version);
    },
  );

  test.each([
    '',
    'latest',
    '1.0.0.0.0',
    '1.x',
    '$version$',
    '1.0.0-',
    '1.0.0+',
    '[1.0,2.0)',
    '2147483648.0.0',
    `1.0.0-${'a'.repeat(60)}`,
  ])('refuses the version %j', (version) => {
    expect(() => of('A', version)).toThrow('no version that NuGet allows');
  });

  test.each([
    ['A.nuspec', 'is no manifest', '<html/>'],
    ['A.nuspec', 'is no well-formed XML', '<package>'.concat('</paket>')],
    ['A.nuspec', 'document type', '<!DOCTYPE package SYSTEM "http://127.0.0.1/x"><package/>'],
    ['A.nuspec: metadata', 'is missing', '<package/>'],
    ['A.nuspec: metadata', 'twice', '<package><metadata/><metadata/></package>'],
    ['A.nuspec: metadata.id', 'is missing', '<package><metadata><ID>A</ID></metadata></package>'],
    [
      'A.nuspec: metadata.id',
      'twice',
      '<package><metadata><id>A</id><id>B</id></metadata></package>',
    ],
    ['A.nuspec: metadata.id', 'text', '<package><metadata><id>A<b/></id></metadata></package>'],
    [
      'A.nuspec: metadata.version',
      'is missing',
      '<package><metadata><id>A</id></metadata></package>',
    ],
  ])('names %s where it %s', (at, message, text) => {
    expect(() => read(text)).toThrow(
      expect.objectContaining({ at, message: expect.stringContaining(message) }),
    );
  });

  test('shows no title that is longer than any', () => {
    expect(read(nuspecText('A', '1.0', 'x'.repeat(257))).title).toBeNull();
  });
});
