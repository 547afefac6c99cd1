import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { fileNameOf, fittingName } from './file-name.ts';

describe('the name of a file', () => {
  test.each([
    [`attachment; filename="Invoice intake_3.json"`, 'Invoice intake_3.json'],
    [`attachment; filename=a.json; filename*=UTF-8''R%C3%BCckl%C3%A4ufer.json`, 'Rückläufer.json'],
    [`attachment; filename="processes.json_"`, 'processes.json_'],
    [`attachment; filename="..\\\\..\\\\etc/passwd.json"`, 'passwd.json'],
    [`attachment; filename="a<b>:c?.json"`, 'a_b_c_.json'],
    [`attachment; filename="no ending"`, 'Fallback-3.json'],
    [`attachment`, 'Fallback-3.json'],
    [undefined, 'Fallback-3.json'],
  ])('%s gives %s', (disposition, expected) => {
    expect(fileNameOf(disposition, 'Fallback-3.json')).toBe(expected);
  });

  test('can be saved under on any system, whatever is sent and whatever a process is called', () => {
    const name = fc.string({ unit: 'binary', maxLength: 300 });
    fc.assert(
      fc.property(name, name, (sent, called) => {
        const saved = fileNameOf(`attachment; filename="${sent}"`, `${called}-3.json`);
        expect(saved).toMatch(/^[^/\\]+\.\w+$/);
        // eslint-disable-next-line no-control-regex -- what must not be there
        expect(saved).not.toMatch(/^\.|[\u0000-\u001f"*:<>?|]/);
        expect(saved.length).toBeLessThanOrEqual(150);
      }),
    );
  });
});

test.each([
  ['invoices.json', 'invoices.json'],
  ['../up/invoices', 'invoices.bin'],
  ['', 'import.bin'],
  ['..', 'import.bin'],
])('a file that somebody calls "%s" is called %s', (name, fit) => {
  expect(fittingName(name, 'import.bin')).toBe(fit);
});
