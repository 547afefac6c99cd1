import { Readable } from 'node:stream';
import { Agent, request } from 'undici';
import { s3Program } from '../../test/support/s3-program.ts';
import { S3Stage } from '../../test/support/s3-stage.ts';
import { bare } from '../peers.ts';
import type { Bench, Measured } from './bench.ts';
import { formType, largeForm } from './form.ts';
import { type ImportsStage, openStage } from './imports-stage.ts';
import { interleaved } from './rounds.ts';
import { sizes } from './sizes.ts';
import { transferCells, transferHead, transferred } from './transfer.ts';

/** Whoever takes uploads, so many at once. */
interface Taker {
  readonly name: string;
  readonly url: string;
  readonly pid: number;
  readonly atOnce: number;
  /** The name of its peer. */
  readonly against: string;
}

/** Sends uploads at once, each made while it is sent; gives how many bytes that were. */
async function send({ name, url }: Taker, atOnce: number): Promise<number> {
  const { megabytes, processKilobytes } = sizes;
  const form = largeForm('frends', megabytes * 1_000_000, processKilobytes * 1_000);
  // What is looked into before it is answered may take minutes.
  const dispatcher = new Agent({ headersTimeout: 0, bodyTimeout: 0 });
  const one = async (): Promise<void> => {
    const { statusCode, body } = await request(new URL('/v1/imports', url), {
      dispatcher,
      method: 'POST',
      headers: { 'content-type': formType, 'content-length': String(form.length) },
      body: Readable.from(form.pieces()),
    });
    const text = await body.text();
    if (statusCode !== 202) throw new Error(`${name} answered ${statusCode}: ${text}`);
  };
  await Promise.all(Array.from({ length: atOnce }, one));
  await dispatcher.close();
  return form.length * atOnce;
}

/** Large exports taken in, one alone and many at once; no worker takes them up. */
export async function uploads(bench: Bench): Promise<Measured> {
  return taken(bench, 'uploads', await openStage(bench, 'frends'));
}

/** The same into a real S3 server; the peer goes on writing to a file. */
export async function uploadsToS3(bench: Bench): Promise<Measured> {
  const program = await s3Program('nothing was uploaded to one');
  if (program === null) return { head: ['uploads to S3'], rows: [['not measured']] };
  const s3 = await S3Stage.open(program);
  bench.keep({ stop: () => s3.close() });
  return taken(bench, 'uploads to S3', await openStage(bench, 'frends', { s3 }));
}

async function taken(
  bench: Bench,
  title: string,
  { url, gateway, forgetFiles }: ImportsStage,
): Promise<Measured> {
  const { pid } = gateway;
  const peer = bench.keep(await bare('form-to-file', {}));
  const takers = [...new Set([1, sizes.uploads])].flatMap((atOnce): Taker[] => {
    const against = `bare node:http and busboy, ${atOnce} at once`;
    return [
      { name: `gateway, ${atOnce} at once`, url, pid, atOnce, against },
      { name: against, url: peer.url, pid: peer.pids[0] ?? 0, atOnce, against },
    ];
  });
  const turns = await interleaved(takers, sizes.uploadRounds, async (taker, isWarmUp) => {
    // What a process grows by once, whatever comes, a single upload shows as well.
    const atOnce = isWarmUp ? 1 : taker.atOnce;
    const transfer = await transferred(taker.pid, () => send(taker, atOnce));
    await forgetFiles();
    return transfer;
  });
  return {
    head: [title, ...transferHead],
    rows: takers.map(({ name, against }) => [
      name,
      ...transferCells(turns.get(name) ?? [], turns.get(against)),
    ]),
  };
}
