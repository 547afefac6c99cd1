import { ConflictError, RecalledError } from '../../domain/errors.ts';
import type { Learnt, Recipe, StepState } from '../stepped-change.ts';
import type { Leave, UipathChangesClient } from './uipath.changes-client.ts';
import { unlessGone } from './uipath.gone.ts';
import { samePackage } from './uipath.key.ts';
import { ReadOnce } from './uipath.read-once.ts';
import {
  differing,
  markOf,
  nameOf,
  type OrderOf,
  type ReleaseOrder,
  releaseOrder,
  sameVersion,
} from './uipath.release-orders.ts';
import type { ReleaseReads } from './uipath.standing.ts';
import { isTaken } from './uipath.taken.ts';
import type { ReleaseWire } from './uipath.wire.ts';

type ReleaseRecipe = Omit<Recipe<never, ReleaseOrder>, 'plan'>;
type OfRelease = Exclude<ReleaseOrder, OrderOf<'create'>>;

/** The requests about releases, and what the folder shows of each. */
export class ReleaseSteps implements ReleaseRecipe {
  readonly order = releaseOrder;
  readonly #client: UipathChangesClient;
  protected readonly reads: ReleaseReads;
  readonly #standing: ReadOnce<ReleaseWire[]>;

  constructor(client: UipathChangesClient, reads: ReleaseReads) {
    this.#client = client;
    this.reads = reads;
    this.#standing = new ReadOnce((process, signal) => reads.releases.of(process, signal));
  }

  async send(order: ReleaseOrder, leave: Leave): Promise<Learnt> {
    if (order.kind === 'create') return this.#create(order, leave);
    if (order.kind === 'rollback') return this.#rollback(order, leave);
    const { release } = order;
    if (order.kind === 'move')
      await this.#client.updateToSpecificPackageVersion(release, order.to, leave);
    if (order.kind === 'change') await this.#client.patchRelease(release, order.body, leave);
    if (order.kind === 'remove') {
      const isGone = async (): Promise<boolean> =>
        stateOf(order, await this.#find(order, leave.signal)).state === 'done';
      await unlessGone(() => this.#client.deleteRelease(release, leave), isGone);
    }
    return {};
  }

  async look(order: ReleaseOrder, _sent: unknown, signal: AbortSignal): Promise<StepState> {
    if (order.kind === 'create') return this.#created(order, signal);
    const standing = await this.#standing.of(order.process, signal);
    return stateOf(order, among(standing, order));
  }

  /** Where the name is taken it may be by its own request, sent before, of which no answer came. */
  async #create(order: OrderOf<'create'>, leave: Leave): Promise<Learnt> {
    try {
      const made = await this.#client.createRelease(order.body, leave);
      return made === null ? {} : learntOf(made);
    } catch (error) {
      if (!isTaken(error)) throw error;
      const why = `UiPath said that the name ${order.name} is taken, and who has it could not be read then.`;
      const seen = await this.#after(() => this.#created(order, leave.signal), why);
      if (seen.state !== 'done') throw error;
      return seen.learnt ?? {};
    }
  }

  async #created(order: OrderOf<'create'>, signal: AbortSignal): Promise<StepState> {
    return createdState(order, await this.reads.releases.called(order.name, signal));
  }

  /** It goes back from wherever the release stands, so that is read right before; and where it went, right after. */
  async #rollback(order: OrderOf<'rollback'>, leave: Leave): Promise<Learnt> {
    const seen = stateOf(order, await this.#find(order, leave.signal));
    if (seen.state === 'done') return seen.learnt ?? {};
    const { connection, platform } = this.#client.name;
    if (seen.state === 'unclear') {
      const why = `${seen.why} It was not rolled back; look at it, and ask again.`;
      throw new ConflictError(why, { connection, platform });
    }
    await this.#client.rollbackToPreviousReleaseVersion(order.release, leave);
    const who = `The release ${order.name} (${order.release})`;
    const unread = `${who} was rolled back, and could not be read then.`;
    const after = await this.#after(() => this.#find(order, leave.signal), unread);
    if (after !== null) return learntBack(order, after);
    const why = `${who} is gone since it was rolled back.`;
    throw new RecalledError({ code: 'upstream_unavailable' }, why, {
      connection,
      platform,
      sent: 'maybe',
    });
  }

  /** What a read fails with says nothing of the request before it. */
  async #after<T>(read: () => Promise<T>, why: string): Promise<T> {
    try {
      return await read();
    } catch (cause) {
      const { connection, platform } = this.#client.name;
      const details = { connection, platform, sent: 'maybe', cause } as const;
      throw new RecalledError({ code: 'upstream_unavailable' }, why, details);
    }
  }

  async #find(order: OfRelease, signal: AbortSignal): Promise<ReleaseWire | null> {
    return among(await this.reads.releases.of(order.process, signal), order);
  }
}

function among(standing: readonly ReleaseWire[], { release }: OfRelease): ReleaseWire | null {
  return standing.find((each) => String(each.Id) === release) ?? null;
}

function learntOf(made: ReleaseWire): Learnt {
  return { deployment: String(made.Id), version: made.ProcessVersion, name: nameOf(made) };
}

/** The platform decides where it goes back to, which need not be what its history promised. */
function learntBack({ process, to }: OrderOf<'rollback'>, after: ReleaseWire): Learnt {
  const version = after.ProcessVersion;
  if (sameVersion(version, to)) return { version };
  return { version, versionId: `${process}:${version}` };
}

/** Compared by themselves, as their spellings may differ. */
const naming: ReadonlySet<string> = new Set(['Name', 'ProcessKey', 'ProcessVersion']);

/** Nobody of this name stood there before. */
function createdState(
  { process, version, name, body }: OrderOf<'create'>,
  called: readonly ReleaseWire[],
): StepState {
  const [found] = called;
  if (found === undefined) return { state: 'open' };
  const isOwn =
    samePackage(found.ProcessKey, process) && sameVersion(found.ProcessVersion, version);
  if (isOwn) {
    const others = Object.keys(differing(found, body)).filter((member) => !naming.has(member));
    if (others.length === 0) return { state: 'done', learnt: learntOf(found) };
    const why = `A release ${name} (${found.Id}) of ${process} ${version} stands in the folder by now, and differs from what was asked for in ${others.join(', ')}.`;
    return { state: 'unclear', why };
  }
  const why = `A release ${name} (${found.Id}) stands in the folder by now, of ${found.ProcessKey} ${found.ProcessVersion} and not of ${process} ${version}.`;
  return { state: 'unclear', why };
}

function stateOf(order: OfRelease, found: ReleaseWire | null): StepState {
  if (order.kind === 'remove') return { state: found === null ? 'done' : 'open' };
  const who = `The release ${order.name} (${order.release})`;
  if (found === null) return { state: 'unclear', why: `${who} is gone by now.` };
  if (order.kind === 'change') return changedState(order, found, who);
  const { from, to } = order;
  const version = found.ProcessVersion;
  if (isStill(order, found)) return { state: 'open' };
  if (sameVersion(version, to)) return { state: 'done', learnt: { version } };
  return {
    state: 'unclear',
    why: `${who} runs version ${version} by now, which is neither ${from}, where it was, nor ${to}, where it was to go.`,
  };
}

/** Whether a release stands at the version that it was to leave. */
function isStill(order: OrderOf<'move' | 'rollback'>, found: ReleaseWire): boolean {
  if (!sameVersion(found.ProcessVersion, order.from)) return false;
  if (order.kind === 'move' || order.fromId === null) return true;
  return (found.CurrentVersion?.Id ?? order.fromId) === order.fromId;
}

function changedState(order: OrderOf<'change'>, found: ReleaseWire, who: string): StepState {
  if (Object.keys(differing(found, order.body)).length === 0) return { state: 'done' };
  if (markOf(found, order.body) === order.before) return { state: 'open' };
  return { state: 'unclear', why: `${who} has been changed in another way meanwhile.` };
}
