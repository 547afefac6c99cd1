import { describe, expect, test } from '@jest/globals';
import { EventEmitter } from 'node:events';
import { Secret } from '../config/secret.ts';
import { createLog, type Log, logWarnings } from './log.ts';

/** A log, and the lines that it wrote. */
function written(): { log: Log; text: () => string; lines: () => Record<string, unknown>[] } {
  const lines: string[] = [];
  const log = createLog('gateway', 'debug', { write: (line) => void lines.push(line) });
  return {
    log,
    text: () => lines.join(''),
    lines: () => lines.map((line) => JSON.parse(line) as Record<string, unknown>),
  };
}

describe('the log', () => {
  test('is JSON, a line each, with service, level and time', () => {
    const { log, lines } = written();
    log.info({ connection: 'erp', count: 3, at: new Date(0) }, 'read');
    expect(lines()).toEqual([
      {
        level: 'info',
        service: 'gateway',
        time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
        connection: 'erp',
        count: 3,
        at: '1970-01-01T00:00:00.000Z',
        msg: 'read',
      },
    ]);
  });

  const names = [
    ...['authorization', 'Authorization', 'proxy-authorization', 'cookie', 'set-cookie'],
    ...['password', 'token', 'secret', 'access_token', 'refresh_token', 'id_token', 'accessToken'],
    ...['client_secret', 'clientSecret', 'key', 'apiKey', 'x-api-key', 'x-erp-key', 'cursorKey'],
    ...['passphrase', 'credentials', 'dbPassword'],
  ];
  const places: [string, (name: string) => object][] = [
    ['at the top', (name) => ({ [name]: 'hunter2' })],
    ['one below', (name) => ({ auth: { [name]: 'hunter2' } })],
    ['among headers', (name) => ({ config: { headers: { [name]: 'hunter2' } } })],
    ['in the depth', (name) => ({ a: { b: { c: { d: { e: { [name]: 'hunter2' } } } } } })],
    ['in a list', (name) => ({ connections: [{ auth: [{ [name]: 'hunter2' }] }] })],
    ['as a list', (name) => ({ headers: { [name]: ['hunter2', 'a'] } })],
    [
      'on an error',
      (name) => ({
        err: Object.assign(new Error('x'), { config: { headers: { [name]: 'hunter2' } } }),
      }),
    ],
    [
      'on the cause of an error',
      (name) => ({
        err: new Error('x', { cause: Object.assign(new Error('y'), { [name]: 'hunter2' }) }),
      }),
    ],
    ['in what makes its own JSON', (name) => ({ a: { toJSON: () => ({ [name]: 'hunter2' }) } })],
  ];

  test.each(places)('never shows a credential %s', (_where, place) => {
    for (const name of names) {
      const { log, text } = written();
      log.error(place(name), 'x');
      expect([name, text()]).toEqual([name, expect.not.stringContaining('hunter2')]);
    }
  });

  test('never shows the credential of a bare error or of an address', () => {
    const { log, text } = written();
    log.error(Object.assign(new Error('x'), { headers: { 'x-erp-key': 'hunter2' } }));
    log.warn({ url: 'redis://:hunter2@localhost:6379/0', held: new Secret(() => 'hunter2') }, 'x');
    log.warn({ err: new Error('no redis://me:hunter2@localhost') }, 'x');
    expect(text()).not.toContain('hunter2');
    expect(text()).toContain('redis://[redacted]@localhost:6379/0');
  });

  test('shows everything else, errors with their stack', () => {
    const { log, lines } = written();
    const err = Object.assign(new TypeError('broken'), { code: 'E_X', keys: ['a'], monkey: 1 });
    log.error({ err, process: 'erp:A', tokens: 3, key: null, url: 'http://a/b@c' }, 'failed');
    expect(lines()[0]).toMatchObject({
      err: { type: 'TypeError', message: 'broken', code: 'E_X', keys: ['a'], monkey: 1 },
      process: 'erp:A',
      tokens: 3,
      key: null,
      url: 'http://a/b@c',
    });
    expect(lines()[0]?.['err']).toHaveProperty('stack');
  });

  test('takes anything', () => {
    const { log, lines } = written();
    const circle: Record<string, unknown> = { bytes: Buffer.from('abc') };
    circle['self'] = circle;
    let deep: object = {};
    for (let level = 0; level < 5_000; level += 1) deep = { deep };
    log.info({ circle, deep, nothing: undefined }, 'x');
    expect(lines()[0]).toMatchObject({ circle: { bytes: '[3 bytes]', self: '[circular]' } });
    expect(JSON.stringify(lines())).toContain('[nested too deeply]');
  });

  test('takes what Node warns of, in the place of its own listener', () => {
    const { log, lines } = written();
    const source = new EventEmitter();
    const printed: unknown[] = [];
    source.on('warning', (warning) => printed.push(warning));
    logWarnings(log, source);
    const warning = Object.assign(new Error('too many listeners'), { name: 'MaxListeners' });
    source.emit('warning', warning);
    expect(printed).toEqual([]);
    expect(lines()).toMatchObject([
      { level: 'warn', msg: 'Node warns', err: { message: 'too many listeners' } },
    ]);
  });
});
