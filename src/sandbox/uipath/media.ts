import { writeZip } from '../kit/zip.ts';
import { notFound } from './fault.ts';
import { progressOf } from './job-state.ts';
import { Jobs } from './jobs.ts';
import { answerList, answerOne, type Entity } from './query.ts';
import type { Call, Endpoint } from './router.ts';
import type { StoredJob } from './state.ts';

const scope = 'OR.Monitoring';
const functions = 'odata/ExecutionMedia/UiPath.Server.Configuration.OData';

/** `ExecutionMediaDto`: screenshots of a job that faulted. */
const mediaEntity: Entity<StoredJob> = {
  name: 'ExecutionMedia',
  members: {
    Id: { type: 'number', of: (job) => job.id },
    JobId: { type: 'number', of: (job) => job.id },
    ReleaseName: { type: 'string', of: (job) => job.releaseName },
  },
  expands: [],
  show: (job) => ({
    StorageLocation: `ExecutionMedia/${job.key}`,
    Name: `${job.releaseName}.zip`,
    JobId: job.id,
    ReleaseName: job.releaseName,
    Id: job.id,
  }),
};

/** OData `ExecutionMedia`: what robots recorded of their faults. */
export const mediaEndpoints: readonly Endpoint[] = [
  {
    method: 'GET',
    template: 'odata/ExecutionMedia',
    scope,
    answer: (call) => answerList(mediaEntity, recordedOf(call), call.query),
  },
  {
    method: 'GET',
    template: 'odata/ExecutionMedia({id:int})',
    scope,
    answer: (call) => answerOne(mediaEntity, find(call, call.param('id')), call.query),
  },
  {
    method: 'GET',
    template: `${functions}.DownloadMediaByJobId(jobId={id:int})`,
    scope,
    answer: download,
  },
  { method: 'POST', template: `${functions}.DeleteMediaByJobId`, scope, answer: remove },
];

function recordedOf(call: Call): StoredJob[] {
  const { deletedMedia } = call.state;
  return new Jobs(call.state, call.folder)
    .all()
    .filter((job) => progressOf(job, Date.now()).state === 'Faulted')
    .filter((job) => !deletedMedia.includes(job.id));
}

function find(call: Call, jobId: string): StoredJob {
  const found = recordedOf(call).find((job) => String(job.id) === jobId);
  if (found === undefined) throw notFound(`A recording of job ${jobId}`);
  return found;
}

function download(call: Call): Buffer {
  const job = find(call, call.param('id'));
  void call.reply.headers({
    'content-type': 'application/octet-stream',
    'content-disposition': `attachment; filename=${job.id}.zip`,
  });
  return writeZip([
    { name: 'screenshot-1.txt', content: Buffer.from(`The screen before ${job.key} faulted.\n`) },
  ]);
}

function remove(call: Call): null {
  const { id } = find(call, String(call.json('body')['jobId']));
  call.state.deletedMedia.push(id);
  call.store.record('media.deleted', { jobId: id });
  void call.reply.code(204);
  return null;
}
