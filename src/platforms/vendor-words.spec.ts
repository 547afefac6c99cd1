import { expect, test } from '@jest/globals';
import { readdirSync, readFileSync } from 'node:fs';
import { platforms } from './all.ts';

const rooms = /^(platforms|sandbox)\//;

/** The names of every platform as text and code write them, and each word of its title. */
const words = platforms.flatMap(({ name, title }) => [
  name,
  name.charAt(0).toUpperCase() + name.slice(1),
  name.toUpperCase(),
  ...title.split(' '),
]);
const pattern = new RegExp(`(${words.join('|')})(?![a-z])`);

test('the words of a vendor stand in its own room only', () => {
  const files = readdirSync('src', { recursive: true, encoding: 'utf8' }).filter(
    (file) => file.endsWith('.ts') && !file.endsWith('.spec.ts') && !rooms.test(file),
  );
  expect(files.length).toBeGreaterThan(100);
  expect(files.filter((file) => pattern.test(readFileSync(`src/${file}`, 'utf8')))).toEqual([]);
});
