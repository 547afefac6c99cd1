import type { LineLogPart } from '../../domain/adapter.ts';
import { toInstant } from '../../domain/instant.ts';
import type { LogLine, RunRef } from '../../domain/run.ts';
import { atOnce } from '../at-once.ts';
import type { OdslClient } from './odsl.client.ts';
import { idOf } from './odsl.key.ts';
import type { ExecutionWire, PhaseWire } from './odsl.wire.ts';

/** The lines of an execution's phases. */
export class OdslLog implements LineLogPart {
  readonly kind = 'lines';
  readonly isWhole = true;
  readonly #client: OdslClient;

  constructor(client: OdslClient) {
    this.#client = client;
  }

  /** Single lines have no time of their own: they stand under the one at which their phase began. */
  async lines(
    run: RunRef,
    _after: string | null,
    signal: AbortSignal,
  ): Promise<AsyncIterable<readonly LogLine[]> | null> {
    const id = idOf(run.nativeId);
    const wire = id === null ? null : await this.#client.getExecution(id, signal);
    return wire === null ? null : atOnce(linesOf(wire));
  }
}

/** Lines once shown are shown again as they are: what changes, as the state of a phase, is told only when it is over. */
export function linesOf(wire: ExecutionWire): LogLine[] {
  const ofPhases = (wire.phases ?? []).flatMap(phaseLines);
  const at = toInstant(wire.end);
  return at === null
    ? ofPhases
    : [...ofPhases, ...linesIn(wire.message, '', { at, level: wire.status ?? null })];
}

function phaseLines(phase: PhaseWire): LogLine[] {
  const prefix = phase.name === null || phase.name === undefined ? '' : `[${phase.name}] `;
  const logged = (phase.log ?? []).flatMap((line) =>
    linesIn(line, prefix, { at: toInstant(phase.start), level: 'info' }),
  );
  const at = toInstant(phase.end);
  if (at === null) return logged;
  return [...logged, ...linesIn(phase.message, prefix, { at, level: phase.status ?? null })];
}

/** The lines of a text; what is no text stands as JSON. */
function linesIn(value: unknown, prefix: string, line: Omit<LogLine, 'message'>): LogLine[] {
  if (value === null || value === undefined) return [];
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  const lines = text.split(/\r?\n/).filter((each) => each.trim() !== '');
  return lines.map((each) => ({ ...line, message: `${prefix}${each}` }));
}
