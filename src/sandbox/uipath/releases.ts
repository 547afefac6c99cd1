import { randomUUID } from 'node:crypto';
import { invalid, notFound, UipathFault } from './fault.ts';
import { Packages } from './packages.ts';
import { type ReleaseRow, settable } from './release-rows.ts';
import { releaseMembers } from './known-members.ts';
import {
  currentVersion,
  nextId,
  type StoredFolder,
  type StoredRelease,
  type UipathState,
} from './state.ts';

/** The releases of one folder. */
export class Releases {
  readonly #state: UipathState;
  readonly #folder: StoredFolder;

  constructor(state: UipathState, folder: StoredFolder) {
    this.#state = state;
    this.#folder = folder;
  }

  rows(): ReleaseRow[] {
    return this.#state.releases
      .filter((each) => each.folderId === this.#folder.id)
      .map((each) => this.row(each));
  }

  row(release: StoredRelease): ReleaseRow {
    const newest = (): string | null => this.#feed().newest(release.processKey);
    return { release, folder: this.#folder, newest };
  }

  /** By number or key. */
  find(id: string): StoredRelease {
    const found = this.#state.releases.find(
      (each) =>
        each.folderId === this.#folder.id &&
        (String(each.id) === id || each.key === id.toLowerCase()),
    );
    if (found === undefined) throw notFound(`Release ${id}`);
    return found;
  }

  create(body: Readonly<Record<string, unknown>>): StoredRelease {
    refuseUnknown(body);
    const processKey = required(body, 'ProcessKey');
    const now = new Date().toISOString();
    const release: StoredRelease = {
      id: nextId(this.#state),
      key: randomUUID(),
      folderId: this.#folder.id,
      createdAt: now,
      name: this.#freeName(required(body, 'Name'), null),
      description: textOrNull(body['Description']),
      processKey: this.#packageId(processKey, required(body, 'ProcessVersion')),
      versions: [{ id: nextId(this.#state), version: required(body, 'ProcessVersion'), at: now }],
      kept: keptOf(body),
      modifiedAt: null,
    };
    this.#state.releases.push(release);
    return release;
  }

  /** `whole`: what the body leaves out is emptied, as the platform's PUT does. */
  change(release: StoredRelease, body: Readonly<Record<string, unknown>>, whole: boolean): void {
    refuseUnknown(body);
    if (whole) for (const name of ['Name', 'ProcessKey', 'ProcessVersion']) required(body, name);
    if (body['Name'] !== undefined) release.name = this.#freeName(required(body, 'Name'), release);
    if (body['ProcessKey'] !== undefined) release.processKey = required(body, 'ProcessKey');
    if (body['ProcessVersion'] !== undefined)
      this.moveTo(release, required(body, 'ProcessVersion'));
    if (whole || body['Description'] !== undefined)
      release.description = textOrNull(body['Description']);
    release.kept = whole ? keptOf(body) : { ...release.kept, ...keptOf(body) };
    release.modifiedAt = new Date().toISOString();
  }

  moveTo(release: StoredRelease, version: string): void {
    this.#packageId(release.processKey, version);
    if (currentVersion(release).version === version) return;
    const at = new Date().toISOString();
    release.versions.push({ id: nextId(this.#state), version, at });
    release.modifiedAt = at;
  }

  moveToLatest(release: StoredRelease): void {
    const newest = this.#feed().newest(release.processKey);
    if (newest === null) throw notFound(`Package ${release.processKey}`);
    this.moveTo(release, newest);
  }

  rollback(release: StoredRelease): void {
    if (release.versions.length < 2)
      throw new UipathFault(400, 1009, 'The process has no previous version.');
    release.versions.pop();
    release.modifiedAt = new Date().toISOString();
  }

  #feed(): Packages {
    return new Packages(this.#state, this.#folder.feedId);
  }

  /** The id of a package as its feed spells it. */
  #packageId(id: string, version: string): string {
    return this.#feed().version(`${id}:${version}`).of.id;
  }

  #freeName(name: string, itself: StoredRelease | null): string {
    const taken = this.#state.releases.some(
      (each) =>
        each !== itself &&
        each.folderId === this.#folder.id &&
        each.name.toLowerCase() === name.toLowerCase(),
    );
    if (taken) throw new UipathFault(409, 1001, `A process named '${name}' already exists.`);
    return name;
  }
}

/** The platform reads strictly: one unknown member, and it takes nothing. */
function refuseUnknown(body: Readonly<Record<string, unknown>>): void {
  if (Object.keys(body).some((name) => !releaseMembers.has(name)))
    throw invalid('release must not be null');
}

function required(body: Readonly<Record<string, unknown>>, name: string): string {
  const value = body[name];
  if (typeof value !== 'string' || value === '') throw invalid(`The ${name} field is required.`);
  return value;
}

function textOrNull(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}

function keptOf(body: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(body).filter(([name, value]) => name in settable && value !== null),
  );
}
