import { request } from 'undici';
import { eventually } from '../../test/support/eventually.ts';
import { bare, type Peer } from '../peers.ts';
import type { Bench, Measured } from './bench.ts';
import { openStage } from './imports-stage.ts';
import { interleaved } from './rounds.ts';
import { sizes } from './sizes.ts';
import { transferCells, transferHead, transferred } from './transfer.ts';

/** Whoever gives the package. */
interface Giver {
  readonly name: string;
  readonly url: string;
  readonly pid: number;
}

const bareName = 'bare undici proxy';

/** Reads it to its end; gives how many bytes that were. */
async function read({ url }: Giver): Promise<number> {
  const { statusCode, body } = await request(url);
  if (statusCode !== 200) throw new Error(`${url} answered ${statusCode}: ${await body.text()}`);
  let size = 0;
  for await (const piece of body as AsyncIterable<Buffer>) size += piece.length;
  return size;
}

/** The process that every sandbox has. */
async function smokeTest(url: string): Promise<string> {
  return eventually(async () => {
    const answer = await fetch(`${url}/v1/processes?name=Smoke%20test`);
    const [first] = ((await answer.json()) as { data: readonly { id: string }[] }).data;
    if (first === undefined) throw new Error('there is no smoke test yet');
    return first.id;
  });
}

/** A large export through the gateway and through a bare proxy, from an upstream that makes it while it is sent. */
export async function download(bench: Bench): Promise<Measured> {
  const { megabytes, processKilobytes } = sizes;
  const front = (sandbox: string): Promise<Peer> =>
    bare('long-export', {
      UPSTREAM: sandbox,
      BYTES: String(megabytes * 1_000_000),
      PROCESS_BYTES: String(processKilobytes * 1_000),
    });
  const { upstream, url, gateway } = await openStage(bench, 'frends', { front });
  const proxy = bench.keep(await bare('proxy', { UPSTREAM: `${upstream}/export` }));
  const path = `/v1/processes/${encodeURIComponent(await smokeTest(url))}/package`;
  const givers: Giver[] = [
    { name: 'gateway', url: `${url}${path}`, pid: gateway.pid },
    // The only path that it gives anything at.
    { name: bareName, url: `${proxy.url}log`, pid: proxy.pids[0] ?? 0 },
  ];
  const turns = await interleaved(givers, sizes.rounds, (giver) =>
    transferred(giver.pid, () => read(giver)),
  );
  return {
    head: ['download', ...transferHead],
    rows: [...turns].map(([name, own]) => [name, ...transferCells(own, turns.get(bareName))]),
  };
}
