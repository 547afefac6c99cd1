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
    if (order.kind === 'create')
      return createdState(order, await this.reads.releases.called(order.name, signal));
    const standing = await this.#standing.of(order.process, signal);
    return stateOf(order, among(standing, order));
  }

  async #create({ body }: OrderOf<'create'>, leave: Leave): Promise<Learnt> {
    const made = await this.#client.createRelease(body, leave);
    return made === null ? {} : learntOf(made);
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
    const after = await this.#after(order, leave.signal);
    if (after !== null) return { version: after.ProcessVersion };
    const why = `The release ${order.name} (${order.release}) is gone since it was rolled back.`;
    throw new RecalledError({ code: 'upstream_unavailable' }, why, {
      connection,
      platform,
      sent: 'maybe',
    });
  }

  /** What a read fails with says nothing of the request before it, which was done. */
  async #after(order: OfRelease, signal: AbortSignal): Promise<ReleaseWire | null> {
    try {
      return await this.#find(order, signal);
    } catch (cause) {
      const { connection, platform } = this.#client.name;
      const why = `The release ${order.name} (${order.release}) was rolled back, and could not be read then.`;
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

/** Nobody of this name stood there before. */
function createdState(
  { process, version, name }: OrderOf<'create'>,
  called: readonly ReleaseWire[],
): StepState {
  const [found] = called;
  if (found === undefined) return { state: 'open' };
  const isOwn =
    samePackage(found.ProcessKey, process) && sameVersion(found.ProcessVersion, version);
  if (isOwn) return { state: 'done', learnt: learntOf(found) };
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
