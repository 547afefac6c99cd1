import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { aliasedPlaceOf, placeOf, toKey } from './concord.key.ts';

const nameStart = '0123456789abcXYZ'.split('');
const nameRest = '0123456789abcXYZ_@.-~'.split('');
const name = fc
  .tuple(
    fc.constantFrom(...nameStart),
    fc.array(fc.constantFrom(...nameRest), { minLength: 2, maxLength: 40 }),
  )
  .map(([first, rest]) => first + rest.join(''));
const place = fc.record({
  organization: name,
  project: name,
  repository: name,
  flow: fc.string({ unit: 'grapheme' }),
});

describe('the key of a flow', () => {
  test('gives every place back, whatever the flow is called', () => {
    fc.assert(
      fc.property(place, (each) => {
        expect(placeOf(toKey(each))).toEqual(each);
      }),
    );
  });

  test('ends with a colon where the project file chooses the flow', () => {
    const key = 'Default:myProject:main:';
    expect(placeOf(key)).toMatchObject({ organization: 'Default', flow: '' });
  });

  test.each(['a:b', 'one', 'Default:ab:main:x', 'Default:my project:main:x', '..:abc:main:x', ''])(
    '%s names nothing',
    (key) => {
      expect(placeOf(key)).toBeNull();
    },
  );
});

describe('an alias', () => {
  test('of two parts is the flow that the project file chooses, in the organization Default', () => {
    expect(aliasedPlaceOf('myProject:main')).toEqual(placeOf('Default:myProject:main:'));
  });

  test('of three parts names the flow', () => {
    expect(aliasedPlaceOf('myProject:main:Order%20import')).toEqual(
      placeOf('Default:myProject:main:Order%20import'),
    );
  });

  test('never stands for what four parts name', () => {
    expect(aliasedPlaceOf('Finance:myProject:main:x')?.organization).toBe('Finance');
  });
});
