import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { execFile } from 'node:child_process';
import { appendFile, cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

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

  test('can be configured, and lists its processes beside the others', async () => {
    const script = `
      import { platforms } from './src/platforms/all.ts';
      import { gatewayConfigSchema } from './src/config/gateway.config.ts';
      process.env.SANDBOX_SECRET = 'sandbox-secret';
      const face = platforms.find((each) => each.name === '${name}');
      const parsed = gatewayConfigSchema.parse({ connections: { fifth: face.sandboxConnection('http://127.0.0.1:9') } });
      console.log(platforms.map((each) => each.name).join(' '), parsed.connections.fifth.platform);`;
    await writeFile(join(project, 'list.ts'), script);
    const loader = join(project, 'test/support/typescript.js');
    const { stdout } = await run(
      process.execPath,
      ['--no-warnings', '--import', loader, 'list.ts'],
      { cwd: project },
    );
    expect(stdout.trim()).toBe(`concord frends ${name} odsl uipath ${name}`);
  }, 60_000);
});
