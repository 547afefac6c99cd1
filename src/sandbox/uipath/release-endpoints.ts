import { invalid, notFound } from './fault.ts';
import { answerList, answerOne, contextOf } from './query.ts';
import { releaseEntity } from './release-rows.ts';
import { Releases } from './releases.ts';
import type { Call, Endpoint } from './router.ts';
import type { StoredRelease } from './state.ts';

const scope = 'OR.Execution';
const functions = 'UiPath.Server.Configuration.OData';

/** OData `Releases`: what stands deployed in a folder. */
export const releaseEndpoints: readonly Endpoint[] = [
  { method: 'GET', template: 'odata/Releases', scope, answer: list },
  { method: 'GET', template: `odata/Releases/${functions}.ListReleases`, scope, answer: list },
  { method: 'GET', template: 'odata/Releases({id:int})', scope, answer: get },
  {
    method: 'GET',
    template: `odata/Releases({id:int})/${functions}.GetRelease`,
    scope,
    answer: get,
  },
  { method: 'POST', template: 'odata/Releases', scope, answer: create },
  { method: 'POST', template: `odata/Releases/${functions}.CreateRelease`, scope, answer: create },
  {
    method: 'PATCH',
    template: 'odata/Releases({id:int})',
    scope,
    answer: (call) => change(call, false),
  },
  {
    method: 'PUT',
    template: 'odata/Releases({id:int})',
    scope,
    answer: (call) => change(call, true),
  },
  {
    method: 'DELETE',
    template: 'odata/Releases({id:int})',
    scope,
    answer: (call) => remove(call, releasesOf(call).find(call.param('id'))),
  },
  {
    method: 'DELETE',
    template: 'api/Releases/DeleteByKey',
    scope,
    // The only one that takes no folder: a key is the tenant's.
    answer: (call) => {
      const key = call.query.get('key') ?? '';
      const release = call.state.releases.find((each) => each.key === key.toLowerCase());
      if (release === undefined) throw notFound(`Release ${key}`);
      return remove(call, release);
    },
  },
  ...[`({id:int})/${functions}.`, `/${functions}.`].flatMap((form) => moves(form)),
  { method: 'POST', template: `odata/Releases/${functions}.UpdateByKey`, scope, answer: update },
  {
    method: 'POST',
    template: `odata/Releases/${functions}.UpdateToLatestPackageVersionBulk`,
    scope,
    answer: (call) => bulk(call, 'releaseIds'),
  },
  {
    method: 'POST',
    template: `odata/Releases/${functions}.UpdateToLatestPackageVersionBulkByKey`,
    scope,
    answer: (call) => bulk(call, 'releaseKeys'),
  },
];

/** To the latest version, to a given one, back to the previous: by number, and by key since API version 20. */
function moves(form: string): Endpoint[] {
  const byKey = !form.includes('{id');
  const move = (name: string, work: (call: Call, release: StoredRelease) => void): Endpoint => ({
    method: 'POST',
    template: `odata/Releases${form}${name}${byKey ? 'ByKey(identifier={id:guid})' : ''}`,
    scope,
    answer: (call) => {
      const release = releasesOf(call).find(call.param('id'));
      work(call, release);
      record(call, 'release.moved', release);
      return { '@odata.context': contextOf('Edm'), value: byKey ? release.key : release.id };
    },
  });
  return [
    move('UpdateToLatestPackageVersion', (call, release) => {
      releasesOf(call).moveToLatest(release);
    }),
    move('UpdateToSpecificPackageVersion', (call, release) => {
      const { packageVersion } = call.json('packageVersion');
      if (typeof packageVersion !== 'string') throw invalid('packageVersion must not be null');
      releasesOf(call).moveTo(release, packageVersion);
    }),
    move('RollbackToPreviousReleaseVersion', (call, release) => {
      releasesOf(call).rollback(release);
    }),
  ];
}

function releasesOf(call: Call): Releases {
  return new Releases(call.state, call.folder);
}

function record(call: Call, effect: string, release: StoredRelease): void {
  const { id, key, name, processKey, versions, folderId } = release;
  const version = versions.at(-1)?.version ?? null;
  const folder = call.state.folders.find((each) => each.id === folderId)?.path ?? null;
  call.store.record(effect, { id, key, name, processKey, version, folder });
}

function list(call: Call): unknown {
  return answerList(releaseEntity, releasesOf(call).rows(), call.query);
}

function get(call: Call): unknown {
  const releases = releasesOf(call);
  return answerOne(releaseEntity, releases.row(releases.find(call.param('id'))), call.query);
}

function create(call: Call): unknown {
  const releases = releasesOf(call);
  const release = releases.create(call.json('release'));
  record(call, 'release.created', release);
  void call.reply.code(201);
  return answerOne(releaseEntity, releases.row(release), new URLSearchParams());
}

function change(call: Call, whole: boolean): null {
  const releases = releasesOf(call);
  const release = releases.find(call.param('id'));
  releases.change(release, call.json('release'), whole);
  record(call, 'release.changed', release);
  return null;
}

function remove(call: Call, release: StoredRelease): null {
  call.state.releases = call.state.releases.filter((each) => each !== release);
  record(call, 'release.deleted', release);
  void call.reply.code(204);
  return null;
}

function update(call: Call): null {
  const { releaseKey, processVersion, entryPointPath, inputArgs } = call.json('body');
  if (typeof releaseKey !== 'string') throw invalid('releaseKey must not be null');
  const releases = releasesOf(call);
  const release = releases.find(releaseKey);
  const changes = {
    ProcessVersion: processVersion,
    EntryPointPath: entryPointPath,
    InputArguments: inputArgs,
  };
  const given = Object.entries(changes).filter(([, value]) => value !== undefined);
  releases.change(release, Object.fromEntries(given), false);
  record(call, 'release.changed', release);
  return null;
}

function bulk(call: Call, member: 'releaseIds' | 'releaseKeys'): unknown {
  const ids = call.json('body')[member];
  if (!Array.isArray(ids)) throw invalid(`${member} must not be null`);
  const releases = releasesOf(call);
  for (const id of ids) {
    const release = releases.find(String(id));
    releases.moveToLatest(release);
    record(call, 'release.moved', release);
  }
  return {
    '@odata.context': contextOf('BulkOperationResponse'),
    Success: true,
    Message: null,
    FailedItems: [],
  };
}
