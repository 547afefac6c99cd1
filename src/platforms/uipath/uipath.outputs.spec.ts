import { describe, expect, test } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import type { RunsPart } from '../../domain/adapter.ts';
import { GatewayError, UpstreamUnavailableError } from '../../domain/errors.ts';
import type { RunRecord, RunRef, Sightings } from '../../domain/run.ts';
import { sightingsIn } from '../many-runs.testing.ts';
import { UipathOutputs } from './uipath.outputs.ts';
import { toRun } from './uipath.run-mapper.ts';
import { AskedUipath } from './uipath.testing.ts';

const uipath = new AskedUipath();
const signal = (): AbortSignal => AbortSignal.timeout(15_000);
const now = '2026-01-01T00:00:00.000Z';

interface Row {
  readonly Key: string;
  readonly OutputFile: string | null;
}

const row = (file: boolean): Row => ({ Key: randomUUID(), OutputFile: file ? randomUUID() : null });
const refOf = ({ Key }: Row): RunRef => ({ nativeId: Key, process: null, createdAt: null });
const runs = (): RunsPart => uipath.part('runs');

/** The sandbox answers so. */
function answers(path: string, status: number, body: unknown, times?: number): void {
  const fault = { kind: 'status', status, body: JSON.stringify(body) } as const;
  uipath.sandbox.faults.add({ path, fault, ...(times === undefined ? {} : { times }) });
}

/** Jobs that have ended, and lie there. */
function jobs(rows: readonly Row[]): void {
  const common = { State: 'Successful', CreationTime: now, EndTime: now, OutputArguments: null };
  const value = rows.map((each, at) => ({ Id: at + 1, ...common, ...each }));
  answers('/odata/Jobs\\?', 200, { '@odata.count': value.length, value });
  for (const each of value) answers(`GetByKey.*${each.Key}`, 200, each);
}

/** Where the bytes of outputs lie. */
function linksTo(Uri: string): void {
  const BlobFileAccess = { Uri, Verb: 'GET' };
  answers('/odata/Attachments', 200, { Id: randomUUID(), BlobFileAccess });
}

describe('an output of UiPath that lies in a file', () => {
  test('keeps nobody waiting for good for the end of its run', async () => {
    const clock = { now: 0 };
    const away = new UpstreamUnavailableError('It is away.');
    const outputs = new UipathOutputs({ read: () => Promise.reject(away) }, () => clock.now);
    const wire = { Id: 1, State: 'Successful', ...row(true) };
    const run = toRun(wire, null);
    const read = (asked = signal()): Promise<RunRecord> => outputs.with(run, wire, asked);
    await expect(read()).rejects.toBe(away);
    clock.now += 3_600_000;
    await expect(read(AbortSignal.abort())).rejects.toBe(away);
    expect(await read()).toEqual({ ...run, output: null, isOutputLong: true });
  });

  test.each([
    ['cannot be reached', 503],
    ['asks to slow down', 429],
    ['answers late', 504],
  ])('is asked for again where the place of the file %s', async (_what, status) => {
    const [one, other] = [row(true), row(false)];
    jobs([one, other]);
    answers('/odata/Attachments', status, {});
    const told: Sightings[] = [];
    const looking = async (): Promise<void> => {
      const looks = runs().getMany([refOf(one), refOf(other)], signal());
      for await (const sightings of looks) told.push(sightings);
    };
    // One that asks to slow down means all that is still to come.
    await looking().catch((error: unknown) => {
      expect(error).toBeInstanceOf(GatewayError);
    });
    const seen = new Map(told.flatMap((each) => [...each]));
    expect(seen.get(other.Key)).toMatchObject({ status: 'succeeded' });
    const sighted = seen.get(one.Key);
    expect(sighted === undefined || sighted instanceof GatewayError).toBe(true);
    await expect(runs().get(one.Key, signal())).rejects.toBeInstanceOf(GatewayError);
    uipath.sandbox.faults.clear();
    jobs([one, other]);
    linksTo(`${uipath.sandbox.url}/blobs/attachments/${randomUUID()}`);
    answers('/blobs/attachments/', 200, { out_Total: 7 });
    const again = await sightingsIn(runs().getMany([refOf(one)], signal()));
    expect(again.get(one.Key)).toMatchObject({ output: { out_Total: 7 }, isOutputLong: false });
  });

  test('holds up no run that has none', async () => {
    const [one, other] = [row(true), row(false)];
    jobs([one, other]);
    uipath.sandbox.faults.add({ path: '/odata/Attachments', fault: { kind: 'hang' } });
    const gone = new AbortController();
    const told: string[] = [];
    for await (const sightings of runs().getMany([refOf(one), refOf(other)], gone.signal)) {
      for (const [id, sighting] of sightings) {
        if (!(sighting instanceof GatewayError)) told.push(id);
        gone.abort();
      }
    }
    expect(told).toEqual([other.Key]);
  });

  test.each([
    ['is gone', 404],
    ['may not be read', 403],
    ['lies where nobody may go', null],
  ])('is not shown where it %s', async (_what, status) => {
    const one = row(true);
    jobs([one]);
    if (status === null) linksTo('https://files.example.com/a');
    else answers('/odata/Attachments', status, {});
    const none = { status: 'succeeded', output: null, isOutputLong: true };
    expect(await runs().get(one.Key, signal())).toMatchObject(none);
    const sighted = await sightingsIn(runs().getMany([refOf(one)], signal()));
    expect(sighted.get(one.Key)).toMatchObject(none);
  });
});
