import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { eventually } from '../support/eventually.ts';
import { DataFolder, type Part, partsOf } from '../support/everything.ts';
import { get } from '../support/http.ts';
import { runs } from '../support/processes.ts';
import type { Program } from '../support/program.ts';

jest.setTimeout(120_000);

let folder: DataFolder;
beforeEach(async () => {
  folder = await DataFolder.make();
});
afterEach(() => folder.remove());

/** The Redis of the folder, as it has noted it itself; null where there is none. */
function notedRedis(): number | null {
  const file = join(folder.path, 'redis', 'redis.pid');
  return existsSync(file) ? Number(readFileSync(file, 'utf8')) : null;
}

/** Waits for its end, and expects that nothing of it is left. */
async function expectNothingLeft(program: Program): Promise<void> {
  const before = [...partsOf(program).values()];
  await program.end(60_000);
  const noted = notedRedis();
  const all = noted === null ? before : [...before, noted];
  expect(all.filter((pid) => runs(pid))).toEqual([]);
}

describe('a start that is stopped', () => {
  it.each(['redis', 'sandboxes', 'gateway'] as const)(
    'as soon as its %s has been started leaves nothing behind',
    async (part: Part) => {
      const program = folder.run('start');
      await eventually(() => {
        expect([...partsOf(program).keys()]).toContain(part);
      }, 60_000);
      program.signalGroup('SIGINT');
      await expectNothingLeft(program);
      expect(program.output).not.toContain('Cannot start');
    },
  );

  it.each([
    ['SIGHUP', 'its terminal is closed'],
    ['SIGINT', 'nobody reads what it prints any more'],
  ] as const)('by %s when %s leaves nothing behind', async (signal, _when) => {
    const program = await folder.start();
    expect(partsOf(program).size).toBe(4);
    program.stopReading();
    program.signalGroup(signal);
    await expectNothingLeft(program);
  });
});

describe('a start that waits for its worker', () => {
  it('does so no longer once it is stopped again', async () => {
    const program = await folder.start();
    const parts = partsOf(program);
    // As one that waits for an answer for long.
    process.kill(parts.get('worker') ?? 0, 'SIGSTOP');
    program.signalGroup('SIGINT');
    await program.until(/Stopping/);
    // The same Ctrl-C comes twice where npm passes it on.
    program.signalGroup('SIGINT');
    await sleep(2_000);
    expect(runs(parts.get('worker') ?? 0)).toBe(true);
    program.signalGroup('SIGINT');
    await program.end(20_000);
    expect([...parts.values()].filter((pid) => runs(pid))).toEqual([]);
  });
});

describe('a start', () => {
  it.each([
    ['HOST', { HOST: '::1' }],
    ['PORT', { PORT: '0' }],
  ])('says where it is reached, whatever %s is', async (_name, env) => {
    const program = await folder.start(env);
    const [, baseUrl = ''] = await program.until(/API +(\S+)\/v1\/processes/);
    expect((await get({ baseUrl }, '/health/ready')).status).toBe(200);
  });
});
