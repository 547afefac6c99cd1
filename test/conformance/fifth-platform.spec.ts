import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type ChildProcessByStdio, execFile, spawn } from 'node:child_process';
import { appendFile, cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { promisify } from 'node:util';
import { stringify } from 'yaml';
import { odsl } from '../../src/platforms/odsl/odsl.platform.ts';
import { startSandbox } from '../../src/sandbox/kit/sandbox.ts';
import { odslSandbox } from '../../src/sandbox/odsl/odsl.sandbox.ts';
import type { MergedList } from '../support/http.ts';
import { startOwnRedis } from '../support/redis.ts';

const run = promisify(execFile);
const name = 'mirror';
const copied = [
  'src',
  'test/conformance',
  'test/contracts',
  'test/support',
  'jest.config.js',
  'package.json',
  'tsconfig.json',
  'tsconfig.check.json',
  '.dependency-cruiser.cjs',
];

/** A copy of the project in which OpenDataDSL stands once more, as `mirror`: one folder more and one line more. */
describe('a fifth platform', () => {
  let project: string;

  beforeAll(async () => {
    project = await mkdtemp(join(tmpdir(), 'fifth-platform-'));
    for (const path of copied) await cp(path, join(project, path), { recursive: true });
    await symlink(join(process.cwd(), 'node_modules'), join(project, 'node_modules'));
    const folder = join(project, 'src', 'platforms', name);
    await cp(join(project, 'src/platforms/odsl'), folder, { recursive: true });
    const face = join(folder, 'odsl.platform.ts');
    const text = await readFile(face, 'utf8');
    await writeFile(
      face,
      text
        .replace("name: 'odsl'", `name: '${name}'`)
        .replace("platform: 'odsl'", `platform: '${name}'`)
        .replace("title: 'OpenDataDSL'", "title: 'Mirror'"),
    );
    const line = `export { odsl as ${name} } from './${name}/odsl.platform.ts';\n`;
    await appendFile(join(project, 'src/platforms/index.ts'), line);
  }, 60_000);

  afterAll(async () => {
    await rm(project, { recursive: true, force: true });
  });

  test('compiles', async () => {
    const tsc = join(project, 'node_modules/typescript/bin/tsc');
    await run(process.execPath, [tsc, '--noEmit', '-p', 'tsconfig.json'], { cwd: project });
  }, 120_000);

  test('passes the conformance suite', async () => {
    const jest = join(project, 'node_modules/jest/bin/jest.js');
    const args = [
      '--experimental-vm-modules',
      '--no-warnings',
      jest,
      '--selectProjects',
      'conformance',
    ];
    const { stderr } = await run(
      process.execPath,
      [...args, '--json', '--outputFile', 'result.json', '-t', 'Mirror', '--', 'adapters'],
      { cwd: project, env: { ...process.env, NODE_OPTIONS: '' } },
    ).catch((error: unknown) => error as { stderr: string });
    const result = JSON.parse(await readFile(join(project, 'result.json'), 'utf8')) as {
      numFailedTests: number;
      numPassedTests: number;
    };
    expect(`${result.numFailedTests} failed\n${result.numFailedTests === 0 ? '' : stderr}`).toBe(
      '0 failed\n',
    );
    expect(result.numPassedTests).toBeGreaterThan(30);
  }, 120_000);

  test('stands in the API document, can be configured, and lists its processes beside the others', async () => {
    const redis = await startOwnRedis();
    const sandbox = await startSandbox(odslSandbox);
    const settings = odsl.sandboxConnection(sandbox.url);
    const connections = { odsl: settings, fifth: { ...settings, platform: name } };
    await writeFile(join(project, 'gateway.yaml'), stringify({ connections }));
    const loader = join(project, 'test/support/typescript.js');
    const gateway = spawn(
      process.execPath,
      ['--no-warnings', '--import', loader, join(project, 'src/main.ts')],
      {
        cwd: project,
        env: { ...process.env, ...secrets, REDIS_URL: redis.url, PORT: '0', NODE_OPTIONS: '' },
        stdio: ['ignore', 'pipe', 'inherit'],
      },
    );
    try {
      const url = await listening(gateway);
      const described = await (await fetch(`${url}/openapi.json`)).text();
      expect(described).toMatch(/One REST API over [^.]*\bMirror\b/);
      expect(described).toContain('"mirror:SMOKE_TEST"');
      const answer = await fetch(`${url}/v1/processes?limit=200`);
      const { data, sources } = (await answer.json()) as MergedList;
      expect(sources).toMatchObject([
        { connection: 'odsl', platform: 'odsl', status: 'fresh' },
        { connection: 'fifth', platform: name, status: 'fresh' },
      ]);
      const keysOf = (connection: string) =>
        data.filter((each) => each.connection === connection).map(({ key }) => key);
      expect(keysOf('fifth').length).toBeGreaterThan(9);
      expect(keysOf('fifth')).toEqual(keysOf('odsl'));
    } finally {
      gateway.kill();
      await sandbox.close();
      await redis.remove();
    }
  }, 120_000);
});

const secrets = { SANDBOX_SECRET: 'sandbox-secret', SANDBOX_TOKEN: 'sandbox-token' };

/** Where a gateway answers, once it says so. */
async function listening({ stdout }: ChildProcessByStdio<null, Readable, null>): Promise<string> {
  for await (const line of createInterface({ input: stdout })) {
    const url = /"url":"([^"]+)".*"msg":"listening"/.exec(line)?.[1];
    if (url !== undefined) return url;
  }
  throw new Error('the gateway ended before it listened');
}
