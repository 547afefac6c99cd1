import { expect, it, jest } from '@jest/globals';
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Run } from '../../src/domain/run.ts';
import { ArchiveStage, zip } from '../support/archive-stage.ts';
import { eventually } from '../support/eventually.ts';
import { sendFile } from '../support/form.ts';
import type { Program } from '../support/program.ts';
import { runOf } from '../support/runs.ts';

jest.setTimeout(120_000);

const megabyte = 1_024 ** 2;
const concord = new ArchiveStage();

it('a large archive is never whole in memory', async () => {
  const [size, most] = [200 * megabyte, 150 * megabyte];
  const file = join(concord.stage.folder, 'large.zip');
  // Bytes of no archive before one belong to nobody (APPNOTE.TXT §4.1.9): it only has to begin like one.
  writeFileSync(file, Buffer.concat([zip, Buffer.alloc(size - 2 * zip.length, 7), zip]));
  const programs = [concord.gateway, concord.worker];
  const before = programs.map(residentBytes);
  const peaks = [...before];
  const watchMemory = setInterval(() => {
    for (const [at, program] of programs.entries())
      peaks[at] = Math.max(peaks[at] ?? 0, residentBytes(program));
  }, 20);
  try {
    const type = { 'content-type': 'application/zip' };
    const query = '?connection=concord&entryPoint=main';
    const { status, body } = await sendFile<Run>(concord.gateway, `/v1/runs${query}`, file, type);
    expect(status).toBe(202);
    await eventually(async () => {
      expect((await runOf(concord.gateway, body.id)).outcome).toBe('applied');
    }, 60_000);
  } finally {
    clearInterval(watchMemory);
  }
  const sha256 = createHash('sha256').update(readFileSync(file)).digest('hex');
  const arrived = concord.received.get('archive')?.content ?? Buffer.alloc(0);
  expect(createHash('sha256').update(arrived).digest('hex')).toBe(sha256);
  const grown = peaks.map((peak, at) => Math.round((peak - (before[at] ?? 0)) / megabyte));
  process.stdout.write(`resident memory of gateway and worker grew by ${grown.join(' and ')} MB\n`);
  for (const each of grown) expect(each * megabyte).toBeLessThan(most);
});

function residentBytes({ pid }: Program): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(/^VmRSS:\s*(\d+) kB/m.exec(status)?.[1]) * 1_024;
}
