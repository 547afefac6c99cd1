import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { DataFolder, freePort } from '../support/everything.ts';
import { Stage } from '../support/gateway.ts';
import { get } from '../support/http.ts';
import { Program } from '../support/program.ts';

jest.setTimeout(60_000);

let folder: DataFolder;
let stage: Stage;

beforeAll(async () => {
  [folder, stage] = await Promise.all([DataFolder.make(), Stage.open()]);
});
afterAll(async () => {
  await folder.remove();
  await stage.close();
});

describe('the sandboxes alone', () => {
  const run = (...args: string[]) => new Program('sandbox', { args, env: {}, cwd: folder.path });

  it('run as many and as large as wanted, where they are wanted', async () => {
    const port = await freePort();
    const program = run('--only', 'odsl', '--port', String(port), '--size', '5');
    await program.until(new RegExp(`odsl +http://127.0.0.1:${port}`));
    expect(program.output).toContain('sandbox-token');
    await program.until(/API key, it is the clientSecret/);
    expect(program.output).not.toContain('uipath');
    const there = { baseUrl: `http://127.0.0.1:${port}` };
    const { body } = await get<unknown[]>(there, '/api/process/v1', {
      authorization: 'Bearer sandbox-token',
    });
    expect(body).toHaveLength(5);
    expect((await get<string[]>(there, '/_sandbox/requests')).body).toHaveLength(1);
    expect((await program.stop()).code).toBe(0);
  });

  it('say how they are used to who asks for what is not there', async () => {
    const wrong = run('--only', 'zapier', '--size', 'many', '--port', '99999');
    expect((await wrong.end()).code).toBe(1);
    for (const text of [
      'there is no sandbox "zapier"',
      '--size takes a whole number of 1000000 at most, not "many"',
      '--port takes',
      '--only   one of',
    ]) {
      expect(wrong.output).toContain(text);
    }
    const strange = run('--colour', 'red');
    expect((await strange.end()).code).toBe(1);
    expect(strange.output).toContain('--colour');
    expect(strange.output).not.toMatch(/^\s+at /m);
    const busy = run('--port', new URL(stage.sandbox('odsl').url).port);
    expect((await busy.end()).code).toBe(1);
    expect(busy.output).toContain('is taken by another program');
    const help = run('--help');
    expect((await help.end()).code).toBe(0);
  });
});
