import { z } from 'zod';
import type { Native } from '../../domain/native.ts';
import type { SentWindow } from '../../domain/write.ts';
import type { Learnt, StepState } from '../stepped-change.ts';
import { auditedAs } from './odsl.audit.ts';
import type { ChangeTools } from './odsl.change-tools.ts';
import type { OneDeparture } from './odsl.changes-client.ts';
import { compared, isAsWished, mergedWith } from './odsl.configuration.ts';
import { versionOf } from './odsl.mapper.ts';
import { afterSending, beforeSending } from './odsl.refusals.ts';
import {
  currentOf,
  isNumber,
  isSame,
  seenVersion,
  type Standing,
  standingOf,
} from './odsl.standing.ts';
import type { ProcessWire } from './odsl.wire.ts';

/** A save as it is stored: what is merged with is read when it leaves, so that no secret of the platform is kept here. */
export const saveOrder = z.object({
  op: z.literal('save'),
  id: z.string(),
  members: z.record(z.string(), z.unknown()),
  replaces: z.boolean(),
  /** The newest version before; null where there was no process. */
  before: seenVersion.nullable(),
  /** The version that has to be the newest one still; null: any. */
  onlyIf: z.string().nullable(),
  reason: z.string(),
});
export type SaveOrder = z.output<typeof saveOrder>;

/** So many versions that came later are looked through for one that is ours. */
const mostLater = 20;

/** Saves configurations: reads, merges and writes them, and finds them again. */
export class OdslSaving {
  readonly #tools: ChangeTools;

  constructor(tools: ChangeTools) {
    this.#tools = tools;
  }

  async send(order: SaveOrder, departure: OneDeparture): Promise<Learnt> {
    const { reads, writes } = this.#tools;
    const stands = await beforeSending(currentOf(reads, order.id, departure.signal));
    if (stands !== null && isAsWished(stands, order)) return learntOf(stands);
    const body = this.#bodyFor(order, stands);
    const saved = await writes.saveProcess(body, order.reason, departure);
    if (saved !== null && saved._id === order.id && versionOf(saved._version) !== null)
      return this.#saved(saved, order);
    return afterSending(this.#shown(order, saved, departure.signal));
  }

  /** @throws ConflictError when what stands is not what the save was checked against */
  #bodyFor(order: SaveOrder, stands: ProcessWire | null): Native {
    const { refusals } = this.#tools;
    const { id, before, onlyIf } = order;
    if (stands === null && before !== null)
      throw refusals.overtaken(`There is no process ${id} any more.`);
    if (stands !== null && before === null)
      throw refusals.overtaken(`There is a process ${id} by now, and there was none before.`);
    const newest = versionOf(stands?._version);
    if (onlyIf !== null && newest !== onlyIf)
      throw refusals.overtaken(
        `The newest version of ${id} is ${newest ?? 'gone'} by now, and not ${onlyIf}.`,
      );
    const merged = mergedWith(id, stands, order);
    if (merged.unknownSecrets.length > 0)
      throw refusals.overtaken(`The secrets that were to stay in ${id} are not there any more.`);
    return merged.body;
  }

  /** What a save has made whose answer does not tell: `saved` is what that names. */
  async #shown(order: SaveOrder, saved: ProcessWire | null, signal: AbortSignal): Promise<Learnt> {
    const standing = await standingOf(this.#tools.reads, order.id, signal);
    if (standing !== null && compared(standing.wire, order) !== null)
      return this.#saved(standing.wire, order);
    const mine = standing === null ? null : await this.#later(standing, order, signal);
    if (mine !== null) return this.#saved(mine, order);
    const what = saved === null || saved._id === order.id ? '' : ` as ${saved._id}`;
    const detail = `${this.#tools.refusals.who} has answered that it saved this${what}, but does not show it in ${order.id}.`;
    return { effect: 'failed', problem: { code: 'upstream_contract', detail } };
  }

  /**
   * A version that is as it was to be; else no later one than before, or none of the later ones. The audit trail goes before
   * those: others may have taken the version away again.
   */
  async look(order: SaveOrder, sent: SentWindow, signal: AbortSignal): Promise<StepState> {
    const { id, before } = order;
    const standing = await standingOf(this.#tools.reads, id, signal);
    if (standing === null) {
      if (await this.#isAudited(order, sent, signal)) return { state: 'done' };
      if (before === null || !order.replaces) return { state: 'open' };
      const why = `${id} is gone: whether it was saved before it went, OpenDataDSL does not show.`;
      return { state: 'unclear', why };
    }
    if (isAsWished(standing.wire, order)) return { state: 'done', learnt: learntOf(standing.wire) };
    const mine = await this.#later(standing, order, signal);
    if (mine !== null) return { state: 'done', learnt: this.#saved(mine, order) };
    if (await this.#isAudited(order, sent, signal)) return { state: 'done' };
    const isAsBefore = before !== null && isSame(standing.versions[0], before);
    if (isAsBefore || isWhole(standing, order)) return { state: 'open' };
    const why = `${id} has been changed by others meanwhile: whether it was saved as well, OpenDataDSL does not show.`;
    return { state: 'unclear', why };
  }

  async #isAudited(
    { reason }: SaveOrder,
    { from }: SentWindow,
    signal: AbortSignal,
  ): Promise<boolean> {
    return (await auditedAs(this.#tools.writes, reason, from, signal)) !== null;
  }

  /** Of the versions that came later, the one that was saved; the newest ones alone where there are very many. */
  async #later(
    standing: Standing,
    order: SaveOrder,
    signal: AbortSignal,
  ): Promise<ProcessWire | null> {
    for (const { version } of laterThan(standing, order).slice(0, mostLater)) {
      const wire = await this.#tools.reads.getProcess(standing.id, version, signal);
      if (wire !== null && compared({ ...wire, _id: standing.id }, order) !== null) return wire;
    }
    return null;
  }

  /** What was to go and still stands was not done, whatever the platform answered. */
  #saved(wire: ProcessWire, order: SaveOrder): Learnt {
    const kept = order.before === null ? [] : (compared(wire, order)?.kept ?? []);
    if (kept.length === 0) return learntOf(wire);
    const detail = `${this.#tools.refusals.who} has saved it, but kept what was to go: ${kept.join(', ')}.`;
    const problem = { code: 'upstream_contract', detail } as const;
    return { ...learntOf(wire), effect: 'failed', problem };
  }
}

function learntOf(wire: ProcessWire): Learnt {
  return { version: versionOf(wire._version), versionId: wire._id };
}

/** Versions that can be the one that was saved, the newest first. */
function laterThan({ versions }: Standing, { before }: SaveOrder): Standing['versions'][number][] {
  return versions.filter(
    ({ version }) =>
      isNumber(version) && (before === null || Number(version) > Number(before.version)),
  );
}

/** Whether every version that came after the one before is there to be looked at. */
function isWhole(standing: Standing, order: SaveOrder): boolean {
  const { before } = order;
  const later = laterThan(standing, order);
  const numbers = later.map(({ version }) => Number(version));
  const first = before === null ? 0 : Number(before.version);
  const hasGaps = numbers.some((number, at) => number - (numbers[at + 1] ?? first) !== 1);
  const isThere = before === null || standing.versions.some((record) => isSame(record, before));
  return later.length > 0 && later.length <= mostLater && !hasGaps && isThere;
}
