import { describe, expect, it } from '@jest/globals';
import { refuseCount } from './events.query.ts';

const ids = (count: number): string[] => Array.from({ length: count }, (_, at) => `id-${at}`);

describe('a stream of events', () => {
  it('says that it has to be told of what', () => {
    expect(() => {
      refuseCount({});
    }).toThrow('The query is not valid: run is required, unless operation is given.');
  });

  it('is of 100 runs and operations together at most', () => {
    refuseCount({ run: ids(60), operation: ids(40) });
    expect(() => {
      refuseCount({ run: ids(60), operation: ids(41) });
    }).toThrow('run and operation must not be given more than 100 times together');
  });
});
