import type { Native } from '../../domain/native.ts';
import type { SentWindow } from '../../domain/write.ts';
import type { Learnt, StepState } from '../stepped-change.ts';
import { auditedAs } from './odsl.audit.ts';
import type { ChangeTools } from './odsl.change-tools.ts';
import type { OneDeparture } from './odsl.changes-client.ts';
import { versionOf } from './odsl.mapper.ts';
import { afterSending, beforeSending } from './odsl.refusals.ts';
import type { Save, WholeSave } from './odsl.save.ts';
import { currentOf, isNumber, isSame, type Standing, standingOf } from './odsl.standing.ts';
import type { ProcessWire } from './odsl.wire.ts';

/** So many versions that came later are looked through for one that is ours. */
const mostLater = 20;

/** Saves configurations: reads, merges and writes them, and finds them again. */
export class OdslSaving {
  readonly #tools: ChangeTools;

  constructor(tools: ChangeTools) {
    this.#tools = tools;
  }

  async send(save: WholeSave, departure: OneDeparture): Promise<Learnt> {
    const { reads, writes } = this.#tools;
    const stands = await beforeSending(currentOf(reads, save.id, departure.signal));
    if (stands !== null && isAsWished(stands, save)) return learntOf(stands);
    const body = this.#bodyFor(save, stands);
    const saved = await writes.saveProcess(body, save.reason, departure);
    if (saved !== null && saved._id === save.id && versionOf(saved._version) !== null)
      return this.#saved(saved, save);
    return afterSending(this.#shown(save, saved, departure.signal));
  }

  /**
   * @throws PreconditionFailedError when that was to be the newest version is not
   * @throws ConflictError when what stands is not what the save was checked against
   */
  #bodyFor(save: WholeSave, stands: ProcessWire | null): Native {
    const { refusals } = this.#tools;
    const { id, before, onlyIf } = save;
    const newest = versionOf(stands?._version);
    const isOther = onlyIf === '*' ? stands === null : onlyIf !== newest;
    if (onlyIf !== null && isOther) throw refusals.otherVersionByNow(id, onlyIf, newest);
    if (stands === null && before !== null)
      throw refusals.overtaken(`There is no process ${id} any more.`);
    if (stands !== null && before === null)
      throw refusals.overtaken(`There is a process ${id} by now, and there was none before.`);
    const seen = save.isOfSeen === true ? (before?.version ?? null) : null;
    if (seen !== null && isNumber(seen) && newest !== seen)
      throw refusals.overtaken(
        `The newest version of ${id} is ${newest ?? 'gone'} by now, and not ${seen}.`,
      );
    const merged = save.merged(stands);
    if (merged.unknownSecrets.length > 0)
      throw refusals.overtaken(`The secrets that were to stay in ${id} are not there any more.`);
    return merged.body;
  }

  /** What a save has made whose answer does not tell: `saved` is what that names. */
  async #shown(save: Save, saved: ProcessWire | null, signal: AbortSignal): Promise<Learnt> {
    const standing = await standingOf(this.#tools.reads, save.id, signal);
    if (standing !== null && save.compared(standing.wire) !== null)
      return this.#saved(standing.wire, save);
    const mine = standing === null ? null : await this.#later(standing, save, signal);
    if (mine !== null) return this.#saved(mine, save);
    const what = saved === null || saved._id === save.id ? '' : ` as ${saved._id}`;
    const detail = `${this.#tools.refusals.who} has answered that it saved this${what}, but does not show it in ${save.id}.`;
    return { effect: 'failed', problem: { code: 'upstream_contract', detail } };
  }

  /**
   * A version that is as it was to be; else no later one than before, or none of the later ones. The audit trail goes before
   * those: others may have taken the version away again.
   */
  async look(save: Save, sent: SentWindow, signal: AbortSignal): Promise<StepState> {
    const { id, before } = save;
    const standing = await standingOf(this.#tools.reads, id, signal);
    if (standing === null) {
      if (await this.#isAudited(save, sent, signal)) return { state: 'done' };
      if (before === null || !save.replaces) return { state: 'open' };
      const why = `${id} is gone: whether it was saved before it went, OpenDataDSL does not show.`;
      return { state: 'unclear', why };
    }
    if (isAsWished(standing.wire, save)) return { state: 'done', learnt: learntOf(standing.wire) };
    const mine = await this.#later(standing, save, signal);
    if (mine !== null) return { state: 'done', learnt: this.#saved(mine, save) };
    if (await this.#isAudited(save, sent, signal)) return { state: 'done' };
    const isAsBefore = before !== null && isSame(standing.versions[0], before);
    if (isAsBefore || isWhole(standing, save)) return { state: 'open' };
    const why = `${id} has been changed by others meanwhile: whether it was saved as well, OpenDataDSL does not show.`;
    return { state: 'unclear', why };
  }

  async #isAudited({ reason }: Save, { from }: SentWindow, signal: AbortSignal): Promise<boolean> {
    return (await auditedAs(this.#tools.writes, reason, from, signal)) !== null;
  }

  /** Of the versions that came later, the one that was saved; the newest ones alone where there are very many. */
  async #later(standing: Standing, save: Save, signal: AbortSignal): Promise<ProcessWire | null> {
    for (const { version } of laterThan(standing, save).slice(0, mostLater)) {
      const wire = await this.#tools.reads.getProcess(standing.id, version, signal);
      if (wire !== null && save.compared({ ...wire, _id: standing.id }) !== null) return wire;
    }
    return null;
  }

  /** What was to go and still stands was not done, whatever the platform answered. */
  #saved(wire: ProcessWire, save: Save): Learnt {
    const kept = save.before === null ? [] : (save.compared(wire)?.kept ?? []);
    if (kept.length === 0) return learntOf(wire);
    const detail = `${this.#tools.refusals.who} has saved it, but kept what was to go: ${kept.join(', ')}.`;
    const problem = { code: 'upstream_contract', detail } as const;
    return { ...learntOf(wire), effect: 'failed', problem };
  }
}

function learntOf(wire: ProcessWire): Learnt {
  return { version: versionOf(wire._version), versionId: wire._id };
}

/** Whether nothing is left to do. */
function isAsWished(stands: ProcessWire, save: Save): boolean {
  return save.compared(stands)?.kept.length === 0;
}

/** Versions that can be the one that was saved, the newest first. */
function laterThan({ versions }: Standing, { before }: Save): Standing['versions'][number][] {
  return versions.filter(
    ({ version }) =>
      isNumber(version) && (before === null || Number(version) > Number(before.version)),
  );
}

/** Whether every version that came after the one before is there to be looked at. */
function isWhole(standing: Standing, save: Save): boolean {
  const { before } = save;
  const later = laterThan(standing, save);
  const numbers = later.map(({ version }) => Number(version));
  const first = before === null ? 0 : Number(before.version);
  const hasGaps = numbers.some((number, at) => number - (numbers[at + 1] ?? first) !== 1);
  const isThere = before === null || standing.versions.some((record) => isSame(record, before));
  return later.length > 0 && later.length <= mostLater && !hasGaps && isThere;
}
