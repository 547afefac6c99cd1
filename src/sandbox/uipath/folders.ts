import { invalid, notFound } from './fault.ts';
import { answerList, answerOne, type Entity } from './query.ts';
import type { Call, Endpoint } from './router.ts';
import type { StoredFolder } from './state.ts';

const scope = 'OR.Folders';
const mostTaken = 1_000;

/** `FolderDto`. */
const folderEntity: Entity<StoredFolder> = {
  name: 'Folders',
  members: {
    Id: { type: 'number', of: (folder) => folder.id },
    Key: { type: 'guid', of: (folder) => folder.key },
    DisplayName: { type: 'string', of: (folder) => folder.displayName },
    FullyQualifiedName: { type: 'string', of: (folder) => folder.path },
    ParentId: { type: 'number', of: (folder) => folder.parentId },
  },
  expands: [],
  show: (folder) => ({
    ...current(folder),
    IsPersonal: folder.folderType === 'Personal',
    ProvisionType: 'Automatic',
    PermissionModel: 'FineGrained',
    FeedType: folder.feedType,
  }),
};

/** `CurrentUserFolderDto`. */
function current(folder: StoredFolder): Record<string, unknown> {
  return {
    Key: folder.key,
    DisplayName: folder.displayName,
    FullyQualifiedName: folder.path,
    Description: null,
    FolderType: folder.folderType,
    ParentId: folder.parentId,
    ParentKey: null,
    Id: folder.id,
  };
}

/** Folders, and the feeds that they have of their own. */
export const folderEndpoints: readonly Endpoint[] = [
  {
    method: 'GET',
    template: 'odata/Folders',
    scope,
    answer: (call) => answerList(folderEntity, call.state.folders, call.query),
  },
  {
    method: 'GET',
    template: 'odata/Folders({id:int})',
    scope,
    answer: (call) => one(call, (folder) => String(folder.id) === call.param('id')),
  },
  {
    method: 'GET',
    template: 'odata/Folders/UiPath.Server.Configuration.OData.GetByKey(identifier={key:guid})',
    scope,
    answer: (call) => one(call, (folder) => folder.key === call.param('key').toLowerCase()),
  },
  { method: 'GET', template: 'api/Folders/GetAllForCurrentUser', scope, answer: allOfUser },
  {
    method: 'GET',
    template: 'api/PackageFeeds/GetFolderFeed',
    scope: 'OR.Execution',
    answer: feedOfFolder,
  },
];

function one(call: Call, matches: (folder: StoredFolder) => boolean): unknown {
  const found = call.state.folders.find(matches);
  if (found === undefined) throw notFound('The folder');
  return answerOne(folderEntity, found, call.query);
}

/** Folders that people are assigned to: an application is not one of them and gets none. */
function allOfUser(call: Call): unknown {
  const take = Number(call.query.get('take') ?? mostTaken);
  const skip = Number(call.query.get('skip') ?? 0);
  if (take > mostTaken) throw invalid(`take must not be greater than ${mostTaken}.`);
  const mine = isApplication(call) ? [] : call.state.folders;
  return { PageItems: mine.slice(skip, skip + take).map(current), Count: mine.length };
}

function isApplication(call: Call): boolean {
  return call.request.headers.authorization?.includes('sandbox-uipath-app.') === true;
}

function feedOfFolder(call: Call): string {
  const id = call.query.get('folderId');
  const found = call.state.folders.find((folder) => String(folder.id) === id);
  if (found === undefined) throw notFound('The folder');
  void call.reply.header('content-type', 'application/json; charset=utf-8');
  return JSON.stringify(found.feedId);
}
