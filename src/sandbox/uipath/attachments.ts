import { randomUUID } from 'node:crypto';
import { uuidOf } from '../kit/random.ts';
import { invalid, notFound } from './fault.ts';
import { hasEnded, outputFileOf } from './job-rows.ts';
import { progressOf } from './job-state.ts';
import { Jobs } from './jobs.ts';
import { answerList, contextOf, type Entity } from './query.ts';
import type { Call, Endpoint } from './router.ts';
import type { StoredAttachment, StoredJob } from './state.ts';

/** `AttachmentDto`. */
const attachmentEntity: Entity<StoredAttachment> = {
  name: 'Attachments',
  members: {
    Id: { type: 'guid', of: (each) => each.id },
    Name: { type: 'string', of: (each) => each.name },
    CreationTime: { type: 'date', of: (each) => each.createdAt },
  },
  expands: [],
  show: (each) => ({
    Name: each.name,
    LastModificationTime: null,
    LastModifierUserId: null,
    CreationTime: each.createdAt,
    CreatorUserId: 12,
    Id: each.id,
  }),
};

/** OData `Attachments` and the attachments of jobs: files beside what the API carries itself. */
export const attachmentEndpoints: readonly Endpoint[] = [
  {
    method: 'GET',
    template: 'odata/Attachments',
    scope: 'OR.Folders',
    answer: (call) => answerList(attachmentEntity, attachmentsOf(call), call.query),
  },
  {
    method: 'GET',
    template: 'odata/Attachments({id:guid})',
    scope: 'OR.Folders',
    answer: (call) => withAccess(call, find(call, call.param('id')), 'GET'),
  },
  { method: 'POST', template: 'odata/Attachments', scope: 'OR.Folders', answer: create },
  {
    method: 'DELETE',
    template: 'odata/Attachments({id:guid})',
    scope: 'OR.Folders',
    answer: remove,
  },
  {
    method: 'GET',
    template: 'api/JobAttachments/GetByJobKey',
    scope: 'OR.Jobs',
    answer: ofJob,
  },
  { method: 'POST', template: 'api/JobAttachments/Post', scope: 'OR.Jobs', answer: attach },
];

/** Every attachment of the folder: those that callers made, and those that its jobs left behind. */
function attachmentsOf(call: Call): StoredAttachment[] {
  const left = new Jobs(call.state, call.folder).all().flatMap(leftBehind);
  return [...call.state.attachments, ...left];
}

function find(call: Call, id: string): StoredAttachment {
  const found = attachmentsOf(call).find((each) => each.id === id.toLowerCase());
  if (found === undefined) throw notFound(`Attachment ${id}`);
  return found;
}

/** A job that ended well leaves a summary, and its output where that is long. */
export function leftBehind(job: StoredJob): StoredAttachment[] {
  const { state, endMs } = progressOf(job, Date.now());
  if (!hasEnded(job) || state !== 'Successful' || endMs === null) return [];
  const createdAt = new Date(endMs).toISOString();
  const file = (id: string, name: string, category: string, text: string): StoredAttachment => ({
    id,
    name,
    createdAt,
    jobKey: job.key,
    category,
    bytes: Buffer.from(text).toString('base64'),
  });
  const summary = `process;version;items\n${job.processKey};${job.version};${40 + (job.id % 60)}\n`;
  const output = JSON.stringify({ out_Text: 'x'.repeat(job.outputChars) });
  return [
    file(uuidOf(`uipath/summary/${job.key}`), 'summary.csv', 'Report', summary),
    ...(output.length > 10_000 ? [file(outputFileOf(job), 'output.json', 'Output', output)] : []),
  ];
}

/** How its bytes are put or got: from the blob store, without the credentials of the API. */
function withAccess(
  call: Call,
  attachment: StoredAttachment,
  verb: 'GET' | 'PUT',
): Record<string, unknown> {
  const { protocol, headers } = call.request;
  return {
    '@odata.context': `${contextOf('Attachments')}/$entity`,
    ...attachmentEntity.show(attachment, new Set()),
    BlobFileAccess: {
      Uri: `${protocol}://${headers.host ?? ''}/blobs/attachments/${attachment.id}?sig=${blobSignature(attachment.id)}`,
      Verb: verb,
      RequiresAuth: false,
      Headers:
        verb === 'PUT'
          ? { Keys: ['x-ms-blob-type'], Values: ['BlockBlob'] }
          : { Keys: [], Values: [] },
    },
  };
}

/** What lets somebody at a blob who has no credential. */
export function blobSignature(id: string): string {
  return uuidOf(`uipath/blob/${id}`).replaceAll('-', '');
}

function create(call: Call): unknown {
  const body = call.json('attachmentDto');
  const { Name: name, JobKey: jobKey, AttachmentCategory: category } = body;
  if (typeof name !== 'string' || name === '') throw invalid('The Name field is required.');
  if (typeof jobKey === 'string') new Jobs(call.state, call.folder).find(jobKey);
  const attachment: StoredAttachment = {
    id: randomUUID(),
    name,
    createdAt: new Date().toISOString(),
    jobKey: typeof jobKey === 'string' ? jobKey : null,
    category: typeof category === 'string' ? category : null,
    bytes: null,
  };
  call.state.attachments.push(attachment);
  call.store.record('attachment.created', { id: attachment.id, name });
  void call.reply.code(201);
  return withAccess(call, attachment, 'PUT');
}

function remove(call: Call): null {
  const { id } = find(call, call.param('id'));
  call.state.attachments = call.state.attachments.filter((each) => each.id !== id);
  call.store.record('attachment.deleted', { id });
  void call.reply.code(204);
  return null;
}

function ofJob(call: Call): unknown {
  const job = new Jobs(call.state, call.folder).find(call.query.get('jobKey') ?? '');
  const put = call.state.attachments.filter((each) => each.jobKey === job.key);
  return [...put, ...leftBehind(job)].map((each) => ({
    id: uuidOf(`uipath/job-attachment/${each.id}`),
    attachmentId: each.id,
    jobKey: job.key,
    category: each.category,
    attachmentName: each.name,
    creationTime: each.createdAt,
  }));
}

function attach(call: Call): unknown {
  const { attachmentId, jobKey, category } = call.json('body');
  const job = new Jobs(call.state, call.folder).find(String(jobKey));
  const attachment = call.state.attachments.find((each) => each.id === attachmentId);
  if (attachment === undefined) throw notFound('The attachment');
  attachment.jobKey = job.key;
  attachment.category = typeof category === 'string' ? category : null;
  call.store.record('attachment.attached', { id: attachment.id, jobKey: job.key });
  void call.reply.code(201);
  return { attachmentId, jobKey: job.key, category: attachment.category };
}
