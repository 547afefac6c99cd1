import { setTimeout as sleep } from 'node:timers/promises';
import type { Fault } from '../../src/sandbox/kit/faults.ts';
import type { Arena, Victim } from './arena.ts';

/** A moment in the life of a start. */
export interface Point {
  readonly name: string;
  /** Who has something to lose at that moment. */
  readonly victims: readonly Victim[];
  /** Begins to look out for it on a platform; resolves when it has come. */
  readonly reached: (arena: Arena, platform: string) => Promise<void>;
}

/** The moments, in their order. */
export const points: readonly Point[] = [
  {
    name: 'the key is claimed',
    victims: ['gateway', 'redis'],
    reached: (arena) => arena.command(/:idempotency:.*"claimedAt"/),
  },
  {
    name: 'the record is stored',
    victims: ['gateway', 'redis'],
    reached: (arena) => arena.command(/:run:\{.*"state":"accepted"/s),
  },
  {
    name: 'the job is added',
    victims: ['gateway', 'redis'],
    reached: (arena) => arena.command(/eval.*\.queues\}:ledger:.*advance/is),
  },
  {
    name: 'sending is stored',
    victims: ['worker', 'redis'],
    reached: (arena) => arena.command(/:run:\{.*"state":"sending"/s),
  },
  {
    name: 'the request is under way, before its effect',
    victims: ['worker', 'redis'],
    reached: faulty({ kind: 'latency', ms: 600 }),
  },
  {
    name: 'the request is under way, and never takes effect',
    victims: ['worker', 'redis'],
    reached: faulty({ kind: 'hang' }),
  },
  {
    name: 'the connection is reset before the effect',
    victims: ['worker', 'redis'],
    reached: faulty({ kind: 'reset' }),
  },
  {
    name: 'the answer is lost after the effect',
    victims: ['worker', 'redis'],
    reached: faulty({ kind: 'resetAfterEffect' }),
  },
  {
    name: 'it has taken effect, and is never answered',
    victims: ['worker', 'redis'],
    reached: (arena, platform) => {
      arena.hit(platform, { kind: 'hangAfterEffect' });
      return arena.answer(platform);
    },
  },
  {
    name: 'it has taken effect, and is not answered yet',
    victims: ['worker', 'redis'],
    reached: (arena) => arena.answer(),
  },
  {
    name: 'it is answered, and the answer is not stored yet',
    victims: ['worker', 'redis'],
    reached: async (arena) => {
      await arena.answer();
      await sleep(2);
    },
  },
  {
    name: 'the answer is stored',
    victims: ['worker', 'redis'],
    reached: (arena) => arena.command(/:run:\{.*"state":"confirmed"/s),
  },
  {
    name: 'runs are polled',
    victims: ['worker', 'redis'],
    reached: (arena) => arena.command(/eval.*ZRANGE.*:runs:\{.*:due/is),
  },
  {
    name: 'any time',
    victims: ['gateway', 'worker', 'redis'],
    reached: () => sleep(Math.random() * 1_500),
  },
];

/** A start that meets a fault, at the moment in which it arrives. */
function faulty(fault: Fault): Point['reached'] {
  return (arena, platform) => {
    arena.hit(platform, fault);
    return arena.arrival(platform);
  };
}
