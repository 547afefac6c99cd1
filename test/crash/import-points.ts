import { existsSync, mkdirSync, watch } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Fault } from '../../src/sandbox/kit/faults.ts';
import { type Exchange, watchers } from '../../src/sandbox/kit/sandbox.ts';
import { eventually } from '../support/eventually.ts';
import type { Arena, Victim } from './arena.ts';
import type { Subject } from './import-subjects.ts';

/** A moment in the life of an import. */
export interface ImportPoint {
  readonly name: string;
  /** Who has something to lose at that moment. */
  readonly victims: readonly Victim[];
  /** Whether the end of its file comes only after the kill. */
  readonly isHeld: boolean;
  /** Begins to look out for it; resolves when it has come, and looks no more once the signal is given. */
  readonly reached: (arena: Arena, subject: Subject, signal: AbortSignal) => Promise<unknown>;
}

/** The requests that bring a file, on every platform. */
const sendPath = /(\/processes\/batch-import|\.UploadPackage|\/api\/process\/v1(\?|$))/;
const effectDelayMs = 600;
const arrivalMs = 20_000;
const partName = /\.part$/;
const wholeName = /^[\da-f-]{36}$/;

const atGateway: readonly Victim[] = ['gateway', 'redis'];
const atWorker: readonly Victim[] = ['worker', 'redis'];

/** The moments, in their order. */
export const importPoints: readonly ImportPoint[] = [
  {
    name: 'the file comes in',
    victims: atGateway,
    isHeld: true,
    reached: (arena, _subject, signal) => appears(arena, partName, signal),
  },
  {
    name: 'the file is stored, and nothing is written down yet',
    victims: atGateway,
    isHeld: false,
    reached: (arena, _subject, signal) => appears(arena, wholeName, signal),
  },
  {
    name: 'the key is claimed, and there is no record yet',
    victims: atGateway,
    isHeld: false,
    reached: (arena) => arena.command(/:idempotency:.*"claimedAt"/),
  },
  {
    name: 'the platform is looked at',
    victims: atWorker,
    isHeld: false,
    reached: (arena, { platform, reads }, signal) => {
      const isLook = ({ method, url }: Exchange): boolean => method === 'GET' && reads.test(url);
      return answered(arena, platform, isLook, signal);
    },
  },
  {
    name: 'sending is stored',
    victims: atWorker,
    isHeld: false,
    reached: (arena, subject) => arena.command(sendingOf(subject)),
  },
  {
    name: 'the request is under way, before its effect',
    victims: atWorker,
    isHeld: false,
    reached: (arena, subject) => {
      hit(arena, subject, { kind: 'latency', ms: effectDelayMs });
      return arrives(arena, subject.platform);
    },
  },
  {
    name: 'it has taken effect, and is never answered',
    victims: atWorker,
    isHeld: false,
    reached: (arena, subject, signal) => {
      hit(arena, subject, { kind: 'hangAfterEffect' });
      return takesEffect(arena, subject, signal);
    },
  },
  {
    name: 'it has taken effect, and is not answered yet',
    victims: atWorker,
    isHeld: false,
    reached: (arena, subject, signal) => takesEffect(arena, subject, signal),
  },
  {
    name: 'it is answered, and the answer is not stored yet',
    victims: atWorker,
    isHeld: false,
    reached: async (arena, subject, signal) => {
      await takesEffect(arena, subject, signal);
      await sleep(2);
    },
  },
];

/** The command by which it is written down that an import may leave; there is one import at a time on a connection. */
export function sendingOf({ lane }: Subject): RegExp {
  return new RegExp(`:operation:\\{(?=.*"connection":"${lane}").*"state":"sending"`, 's');
}

/** How many requests that bring a file have arrived at a platform. */
export function importsAt({ stage }: Arena, platform: string): number {
  const isImport = (each: string): boolean => each.startsWith('POST') && sendPath.test(each);
  return stage.sandbox(platform).requests().filter(isImport).length;
}

/** Lets the next import on the platform meet a fault. */
function hit({ stage }: Arena, { platform }: Subject, fault: Fault): void {
  const { faults } = stage.sandbox(platform);
  faults.add({ method: 'POST', path: sendPath.source, times: 1, fault });
}

async function arrives(arena: Arena, platform: string): Promise<void> {
  const before = importsAt(arena, platform);
  await eventually(() => {
    if (importsAt(arena, platform) <= before) throw new Error(`nothing arrives at ${platform}`);
  }, arrivalMs);
}

/** When a platform has done it, and before any of its answer has left. */
function takesEffect(arena: Arena, subject: Subject, signal: AbortSignal): Promise<void> {
  const isIt = (exchange: Exchange): boolean => brings(exchange, subject);
  return answered(arena, subject.platform, isIt, signal);
}

/** Whether a request brings an import, or a part of it. */
export function brings({ method, url, requestBody }: Exchange, { mark }: Subject): boolean {
  return method === 'POST' && sendPath.test(url) && requestBody?.includes(mark) === true;
}

/** When a sandbox of this arena, of which there may be several, has made its answer to such a request. */
export function answered(
  { stage }: Arena,
  platform: string,
  isIt: (exchange: Exchange) => boolean,
  signal: AbortSignal,
): Promise<void> {
  const { host } = new URL(stage.sandbox(platform).url);
  return new Promise((resolve) => {
    const see = (_name: string, exchange: Exchange): void => {
      if (exchange.requestHeaders['host'] !== host || !isIt(exchange)) return;
      watchers.delete(see);
      resolve();
    };
    watchers.add(see);
    signal.addEventListener('abort', () => watchers.delete(see));
  });
}

/** When a file of such a name is there; one that goes is told of as well. */
function appears({ stage }: Arena, name: RegExp, signal: AbortSignal): Promise<void> {
  const folder = join(stage.folder, 'files');
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  return new Promise((resolve) => {
    const watcher = watch(folder, (_event, file) => {
      if (file === null || !name.test(file) || !existsSync(join(folder, file))) return;
      watcher.close();
      resolve();
    });
    signal.addEventListener('abort', () => {
      watcher.close();
    });
  });
}
