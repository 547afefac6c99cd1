import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { format, inspect } from 'node:util';
import { Secret, secret } from './secret.ts';

const name = 'SECRET_SPEC_TOKEN';

describe('a secret', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'secret-'));
    process.env[name] = 'hunter2';
  });
  afterAll(() => {
    rmSync(folder, { recursive: true });
    Reflect.deleteProperty(process.env, name);
  });

  const problemOf = (value: unknown): string =>
    secret
      .safeParse(value)
      .error?.issues.map((issue) => issue.message)
      .join('; ') ?? 'none';

  test('comes from the environment', () => {
    expect(secret.parse({ env: name }).reveal()).toBe('hunter2');
  });

  test('comes from a file without its last line break, and anew each time', () => {
    const file = join(folder, 'rotated');
    writeFileSync(file, 'first\n');
    const held = secret.parse({ file });
    expect(held.reveal()).toBe('first');
    writeFileSync(file, 'second\r\n');
    expect(held.reveal()).toBe('second');
  });

  test('is refused where a line breaks within it, which no header could carry', () => {
    const file = join(folder, 'lines');
    writeFileSync(file, 'two\nlines\n');
    expect(problemOf({ file })).toBe(`the file ${file} holds a line break within the secret`);
  });

  test('says what is missing, before anything is sent', () => {
    expect(problemOf({ env: 'SECRET_SPEC_UNSET' })).toContain('SECRET_SPEC_UNSET is not set');
    expect(problemOf({ file: join(folder, 'none') })).toMatch(/cannot be read \(ENOENT\)/);
    writeFileSync(join(folder, 'empty'), '\n');
    expect(problemOf({ file: join(folder, 'empty') })).toContain('empty');
  });

  test('is never written into the configuration itself', () => {
    for (const value of ['hunter2', { value: 'hunter2' }, { env: name, file: 'x' }, {}, null]) {
      expect(problemOf(value)).toContain('{env: NAME} or {file: PATH}');
      expect(problemOf(value)).not.toContain('hunter2');
    }
  });

  test('does not show itself, however it is printed', () => {
    const held = new Secret(() => 'hunter2');
    const printed = [
      String(held),
      JSON.stringify({ held }),
      inspect({ held }, { showHidden: true, depth: 5 }),
      format('%s %o %j', held, held, held),
      JSON.stringify(Object.entries(held)),
    ].join('\n');
    expect(printed).toContain('[redacted]');
    expect(printed).not.toContain('hunter2');
  });
});
