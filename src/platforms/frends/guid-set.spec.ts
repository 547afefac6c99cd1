import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { packGuids, unpackGuids } from './guid-set.ts';

test('GUIDs come out of a packed set as they went in', () => {
  fc.assert(
    fc.property(fc.array(fc.uuid()), (guids) => {
      expect([...unpackGuids(packGuids(guids))].sort()).toEqual([...guids].sort());
    }),
  );
});
