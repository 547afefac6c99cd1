import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { duration, httpUrl, size } from './fields.ts';

describe('a duration', () => {
  test.each([
    ['0s', 0],
    ['250ms', 250],
    ['30s', 30_000],
    ['10m', 600_000],
    ['24h', 86_400_000],
    ['7d', 604_800_000],
    ['365d', 31_536_000_000],
  ])('%s is %i ms', (text, ms) => {
    expect(duration.parse(text)).toBe(ms);
  });

  test.each(['', '30', 's', '1.5s', '-1s', '30 s', '30S', '1w', '30s ', 30, null])(
    '%j is none',
    (value) => {
      expect(duration.safeParse(value).success).toBe(false);
    },
  );

  // Redis counts expiry in ms, in 64 bits, from 1970.
  test.each(['366d', '8761h', '999999999999d', '9'.repeat(400) + 'd'])('%s is too long', (text) => {
    expect(duration.safeParse(text).error?.issues).toMatchObject([
      { message: 'must be 365d at most' },
    ]);
  });
});

describe('a size', () => {
  test.each([
    ['512B', 512],
    ['1KB', 1_024],
    ['64MB', 67_108_864],
    ['2GB', 2_147_483_648],
  ])('%s is %i bytes', (text, bytes) => {
    expect(size.parse(text)).toBe(bytes);
  });

  test.each(['', '64', '64mb', '64M', '1.5MB', '-1MB', '64 MB', 64])('%j is none', (value) => {
    expect(size.safeParse(value).success).toBe(false);
  });
});

describe('an address', () => {
  test.each([
    ['https://tenant.example.com', 'https://tenant.example.com/'],
    ['http://127.0.0.1:8001/base', 'http://127.0.0.1:8001/base'],
    ['HTTPS://Example.COM/A', 'https://example.com/A'],
  ])('%s is taken', (text, href) => {
    expect(httpUrl.parse(text).href).toBe(href);
  });

  test.each([
    'tenant.example.com',
    '/base',
    'ftp://example.com',
    'file:///etc/passwd',
    'javascript:alert(1)',
    'https://user:password@example.com',
    'https://user@example.com',
    'https://example.com/?key=value',
    'https://example.com/#top',
    '',
  ])('%s is refused', (text) => {
    const result = httpUrl.safeParse(text);
    expect(result.success).toBe(false);
    expect(JSON.stringify(result.error?.issues)).not.toContain('password@');
  });

  test('of any text is refused or an http address without credentials', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.webUrl({ withQueryParameters: true })), (text) => {
        const result = httpUrl.safeParse(text);
        if (!result.success) return;
        expect(result.data.protocol).toMatch(/^https?:$/);
        expect(result.data.username + result.data.password + result.data.search).toBe('');
      }),
    );
  });
});
