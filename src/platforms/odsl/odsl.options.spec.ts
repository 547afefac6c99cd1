import { expect, test } from '@jest/globals';
import { validateSync } from 'class-validator';
import { OdslStartOptions } from './odsl.options.ts';

const wrong = (options: object): readonly string[] =>
  validateSync(Object.assign(new OdslStartOptions(), options)).flatMap(({ constraints }) =>
    Object.values(constraints ?? {}),
  );

test.each([{}, { startBody: 'input' }, { startBody: 'body', delay: 250 }, { startBody: 'both' }])(
  'a start on OpenDataDSL may say %j',
  (options) => {
    expect(wrong(options)).toEqual([]);
  },
);

test.each(['', 'Body', 'query', null, true, ['body']])('the input cannot go as %j', (startBody) => {
  expect(wrong({ startBody })).toEqual(['must be one of input, body, both']);
});
