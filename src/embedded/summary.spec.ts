import { expect, test } from '@jest/globals';
import { boundUrl, summary } from './summary.ts';

test.each([
  ['127.0.0.1', 'http://127.0.0.1:3000'],
  ['0.0.0.0', 'http://127.0.0.1:3000'],
  ['::', 'http://[::1]:3000'],
  ['::1', 'http://[::1]:3000'],
  ['192.0.2.7', 'http://192.0.2.7:3000'],
  // Another program may listen on the other address that the name stands for.
])('a server on %s is waited for at %s, by no name', (host, url) => {
  expect(boundUrl(host, 3_000)).toBe(url);
});

test('the sandboxes are named where they listen, so that faults can be let into them', () => {
  const running = {
    host: '127.0.0.1',
    port: 3_000,
    connections: ['odsl', 'uipath'],
    redis: null,
    folder: '.gateway',
  };
  const sandboxes = { odsl: 'http://127.0.0.1:4001', uipath: 'http://127.0.0.1:4002' };
  const said = summary({ ...running, sandboxes });
  expect(said).toContain(
    '  Sandboxes    odsl http://127.0.0.1:4001, uipath http://127.0.0.1:4002\n',
  );
  expect(said).toContain('odsl, uipath (sandboxes: made-up data, nothing real behind them)');
  expect(summary({ ...running, sandboxes: null })).not.toContain('andboxes');
});
