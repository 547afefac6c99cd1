import { invalid, nothing, said } from './fault.ts';
import { isUuid } from './order.ts';
import type { ConcordState, Run } from './state.ts';

/** Runs that the path names: what an unknown one means depends on the call. */
export class Runs {
  readonly #state: ConcordState;

  constructor(state: ConcordState) {
    this.#state = state;
  }

  /** For calls that read. */
  read(id: string): Run {
    return this.#find(id) ?? refuse(said(404, 'Process instance not found'));
  }

  /** For calls that change. */
  change(id: string): Run {
    return this.#find(id) ?? refuse(said(404, `Process instance not found: ${id}`));
  }

  /** For calls that take it for a bad request. */
  valid(id: string): Run {
    return this.#find(id) ?? refuse(invalid(`Unknown instance ID: ${id}`));
  }

  #find(id: string): Run | undefined {
    if (!isUuid(id)) throw nothing(404);
    return this.#state.runs[id.toLowerCase()];
  }
}

function refuse(fault: Error): never {
  throw fault;
}
