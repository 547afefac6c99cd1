import { setTimeout as sleep } from 'node:timers/promises';
import type { Fault } from '../../src/sandbox/kit/faults.ts';
import type { Exchange } from '../../src/sandbox/kit/sandbox.ts';
import { eventually } from '../support/eventually.ts';
import type { Arena, Victim } from './arena.ts';
import type { ChangeSubject } from './change-subjects.ts';
import { answered } from './import-points.ts';

/** A moment in the life of a change. */
export interface ChangePoint {
  readonly name: string;
  /** Who has something to lose at that moment. */
  readonly victims: readonly Victim[];
  /** Begins to look out for it; resolves when it has come, and looks no more once the signal is given. */
  readonly reached: (arena: Arena, subject: ChangeSubject, signal: AbortSignal) => Promise<unknown>;
  /** Whether its request meets a fault, so that nobody may know what became of it, whoever is killed. */
  readonly isFaulty: boolean;
}

/** The requests that change what the subjects are about, on every platform. */
const sendPath = /(\/api\/process\/v1|\/process-deployments|\/odata\/Releases)/;
const isSend = (method: string, url: string): boolean =>
  (method === 'POST' || method === 'DELETE') && sendPath.test(url);
const arrivalMs = 20_000;

const atGateway: readonly Victim[] = ['gateway', 'redis'];
const atWorker: readonly Victim[] = ['worker', 'redis'];

function stored(name: string, victims: readonly Victim[], command: RegExp): ChangePoint {
  return { name, victims, reached: (arena) => arena.command(command), isFaulty: false };
}

function faulty(name: string, fault: Fault): ChangePoint {
  const reached: ChangePoint['reached'] = (arena, { kind, platform }) => {
    const method = kind === 'delete' ? 'DELETE' : 'POST';
    arena.stage.sandbox(platform).faults.add({ method, path: sendPath.source, times: 1, fault });
    return arrives(arena, platform);
  };
  return { name, victims: atWorker, reached, isFaulty: fault.kind !== 'latency' };
}

/** The moments, in their order. */
export const changePoints: readonly ChangePoint[] = [
  stored('the key is claimed', atGateway, /:idempotency:.*"claimedAt"/),
  stored('the record is stored', atGateway, /:operation:\{.*"state":"accepted"/s),
  stored('the job is added', atGateway, /eval.*\.queues\}:operations:.*advance/is),
  stored('sending is stored', atWorker, /:operation:\{.*"state":"sending"/s),
  faulty('the request is under way, before its effect', { kind: 'latency', ms: 600 }),
  faulty('the request is under way, and never takes effect', { kind: 'hang' }),
  faulty('the connection is reset before the effect', { kind: 'reset' }),
  faulty('the answer is lost after the effect', { kind: 'resetAfterEffect' }),
  {
    name: 'it has taken effect, and is not answered yet',
    victims: atWorker,
    reached: takesEffect,
    isFaulty: false,
  },
  {
    name: 'it is answered, and the answer is not stored yet',
    victims: atWorker,
    reached: async (arena, subject, signal) => {
      await takesEffect(arena, subject, signal);
      await sleep(2);
    },
    isFaulty: false,
  },
  stored('the answer is stored', atWorker, /:operation:\{.*"state":"confirmed"/s),
];

async function arrives({ stage }: Arena, platform: string): Promise<void> {
  const count = (): number =>
    stage
      .sandbox(platform)
      .requests()
      .filter((each) => {
        const [method = '', url = ''] = each.split(' ');
        return isSend(method, url);
      }).length;
  const before = count();
  await eventually(() => {
    if (count() <= before) throw new Error(`nothing arrives at ${platform}`);
  }, arrivalMs);
}

/** When a platform has done the first thing of it, and before any of its answer has left. */
function takesEffect(arena: Arena, subject: ChangeSubject, signal: AbortSignal): Promise<void> {
  const [{ mark }] = subject.effects;
  const isIt = ({ method, url, requestBody, responseBody }: Exchange): boolean =>
    isSend(method, url) &&
    [url, requestBody?.toString() ?? '', responseBody ?? ''].some((text) => text.includes(mark));
  return answered(arena, subject.platform, isIt, signal);
}
