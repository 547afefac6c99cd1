import { fork } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { FaultRequest } from '../src/sandbox/kit/faults.ts';
import { end, type Peer } from './peers.ts';

/** A sandbox of OpenDataDSL in a process of its own, so that its work is not taken for a contestant's. */
export interface SourcePeer extends Peer {
  fault(fault: FaultRequest): Promise<void>;
  /** Forgets requests and faults. */
  reset(): Promise<void>;
  /** Saves one process again and again, so that no two walks see the same list, until the result is called. */
  keepChanging(): () => Promise<void>;
  /** Method and URL of the requests since the last reset. */
  requests(): Promise<readonly string[]>;
}

/** Starts one that has `size` processes. */
export async function startSource(size: number): Promise<SourcePeer> {
  const program = fileURLToPath(new URL('../dist/sandbox.js', import.meta.url));
  const child = fork(program, ['--only', 'odsl', '--size', String(size)], {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const [{ urls }] = (await once(child, 'message')) as [{ urls: { odsl: string } }];
  const control = (path: string, init: RequestInit): Promise<Response> =>
    fetch(`${urls.odsl}/_sandbox/${path}`, init);
  return {
    url: urls.odsl,
    pids: [child.pid ?? 0],
    stop: () => end(child),
    fault: async (fault) => {
      await control('faults', { method: 'POST', body: JSON.stringify(fault) });
    },
    reset: async () => {
      await control('reset', { method: 'POST' });
    },
    keepChanging: () => keepChanging(urls.odsl),
    requests: async () => (await control('requests', {})).json() as Promise<string[]>,
  };
}

function keepChanging(url: string): () => Promise<void> {
  const stopped = new AbortController();
  const saving = (async () => {
    for (let turn = 0; !stopped.signal.aborted; turn += 1) {
      await fetch(`${url}/api/process/v1`, {
        method: 'POST',
        headers: { authorization: 'Bearer sandbox-token', 'content-type': 'application/json' },
        body: JSON.stringify({ _id: 'SMOKE_TEST', name: 'Smoke test', service: `TURN_${turn}` }),
      });
      await sleep(10);
    }
  })();
  return async () => {
    stopped.abort();
    await saving;
  };
}
