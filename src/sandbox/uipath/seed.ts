import { companyOf, smokeTest } from '../kit/company.ts';
import { daysAgo } from '../kit/history.ts';
import { Random, uuidOf } from '../kit/random.ts';
import { startedJob } from './job-state.ts';
import { firstPublish, libraryPackage, processPackage } from './seed-packages.ts';
import {
  nextId,
  packageKey,
  type StoredFolder,
  type StoredPackage,
  type StoredRelease,
  type UipathState,
} from './state.ts';

const firstId = 1_000;
/** Jobs are seeded for so many releases only: a log is read by making every line of the folder. */
const releasesWithHistory = 30;

/** The folder that every sandbox connection points at. */
const sharedFolder = 'Shared';

/** The tenant of the company. */
export function seedUipath(size: number): UipathState {
  const state: UipathState = {
    folders: folders(),
    packages: {},
    releases: [],
    jobs: [],
    attachments: [],
    deletedMedia: [],
    lastId: firstId,
  };
  const automations = [smokeTest, ...companyOf(Math.max(size - 2, 0))];
  automations.forEach((automation, index) => {
    const seeded = processPackage(automation, index, null);
    state.packages[packageKey(seeded.id, null)] = seeded;
    if (index % 6 !== 5) release(state, sharedFolder, seeded, automation.name, index);
    if (automation.department === 'Finance')
      release(state, 'Finance', seeded, automation.name, index);
  });
  const library = libraryPackage();
  if (size > 1) state.packages[packageKey(library.id, null)] = library;
  seedOwnFeed(state);
  // In the order that walks ask for: ordering what is in order costs little, however large the tenant is.
  state.packages = Object.fromEntries(
    Object.entries(state.packages).sort(([a], [b]) => (a < b ? -1 : 1)),
  );
  seedHistory(state);
  return state;
}

function folders(): StoredFolder[] {
  const folder = (id: number, path: string, more: Partial<StoredFolder> = {}): StoredFolder => ({
    id,
    key: uuidOf(`uipath/folder/${path}`),
    displayName: path.split('/').at(-1) ?? path,
    path,
    parentId: null,
    folderType: 'Standard',
    feedType: 'Processes',
    feedId: null,
    ...more,
  });
  return [
    folder(101, sharedFolder),
    folder(102, 'Finance'),
    folder(103, 'Finance/Accounts Payable', { parentId: 102 }),
    folder(104, 'Büro Österreich', {
      feedType: 'FolderHierarchy',
      feedId: uuidOf('uipath/feed/Büro Österreich'),
    }),
    folder(105, "dana.fischer@example.com's workspace", {
      folderType: 'Personal',
      feedType: 'PersonalWorkspace',
      feedId: uuidOf('uipath/feed/dana.fischer'),
    }),
  ];
}

/** The folder with a feed of its own has a package that the tenant's feed does not show. */
function seedOwnFeed(state: UipathState): void {
  const folder = state.folders.find((each) => each.feedType === 'FolderHierarchy');
  if (folder === undefined) return;
  const name = 'Lohnzettel Versand';
  const description = 'Sends the pay slips of the Austrian office.';
  const seeded = processPackage({ name, department: 'People', description }, 1, folder.feedId);
  state.packages[packageKey(seeded.id, folder.feedId)] = seeded;
  release(state, folder.path, seeded, name, 1);
}

/** Runs the newest version, but for every fifth, which is one behind. */
function release(
  state: UipathState,
  path: string,
  seeded: StoredPackage,
  name: string,
  index: number,
): void {
  const folder = state.folders.find((each) => each.path === path);
  if (folder === undefined) throw new Error(`no folder ${path}`);
  const behind = index % 5 === 4 && seeded.versions.length > 1;
  const upTo = behind ? seeded.versions.slice(0, -1) : seeded.versions;
  const first = upTo[0]?.published ?? new Date(firstPublish).toISOString();
  const made: StoredRelease = {
    id: nextId(state),
    key: uuidOf(`uipath/release/${path}/${seeded.id}`),
    folderId: folder.id,
    createdAt: first,
    name,
    description: null,
    processKey: seeded.id,
    versions: upTo.map((each) => ({
      id: nextId(state),
      version: each.version,
      at: each.published,
    })),
    kept: index % 3 === 1 ? { InputArguments: '{"in_BatchSize":250}', JobPriority: 'High' } : {},
    modifiedAt: upTo.length > 1 ? (upTo.at(-1)?.published ?? first) : null,
  };
  state.releases.push(made);
}

function seedHistory(state: UipathState): void {
  for (const each of state.releases.slice(0, releasesWithHistory)) {
    const random = new Random(`uipath/history/${each.id}`);
    for (let run = 0; run < 2; run += 1) {
      const id = nextId(state);
      const createdMs = daysAgo(5 - run * 2) + random.int(0, 86_400) * 1_000;
      const fails = run === 0 && random.int(0, 4) === 0;
      state.jobs.push(startedJob(each, { id, key: uuidOf(`uipath/job/${id}`), createdMs, fails }));
    }
  }
}
