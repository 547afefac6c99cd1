import type { FastifyRequest } from 'fastify';
import { invalid, UipathFault } from './fault.ts';
import { Packages, processEntity } from './packages.ts';
import { answerList, contextOf } from './query.ts';
import type { Call, Endpoint } from './router.ts';

const scope = 'OR.Execution';
const functions = 'odata/Processes/UiPath.Server.Configuration.OData';
const mostFiles = 10;

/** OData `Processes`: the packages of a feed. */
export const processEndpoints: readonly Endpoint[] = [
  { method: 'GET', template: 'odata/Processes', scope, answer: list },
  {
    method: 'GET',
    template: `${functions}.GetProcessVersions(processId='{id}')`,
    scope,
    answer: (call) =>
      answerList(processEntity, feedOf(call).versions(call.param('id')), call.query),
  },
  {
    method: 'GET',
    template: `${functions}.GetArguments(key='{key}')`,
    scope,
    answer: (call) => {
      const { Arguments } = processEntity.show(
        new Packages(call.state, null).version(call.param('key')),
        new Set(),
      );
      return { '@odata.context': contextOf('ArgumentMetadata'), ...(Arguments as object) };
    },
  },
  { method: 'GET', template: `${functions}.DownloadPackage(key='{key}')`, scope, answer: download },
  { method: 'POST', template: `${functions}.UploadPackage`, scope, answer: upload },
  { method: 'DELETE', template: "odata/Processes('{key}')", scope, answer: remove },
];

function feedOf(call: Call): Packages {
  const feedId = call.query.get('feedId');
  const known = call.state.folders.some((folder) => folder.feedId === feedId);
  if (feedId !== null && !known) throw new UipathFault(404, 1002, 'The feed does not exist.');
  return new Packages(call.state, feedId);
}

function list(call: Call): unknown {
  const term = call.query.get('searchTerm')?.toLowerCase() ?? '';
  const rows = feedOf(call)
    .latest()
    .filter(({ of }) => `${of.id} ${of.title}`.toLowerCase().includes(term));
  return answerList(processEntity, rows, call.query);
}

function download(call: Call): Buffer {
  const key = call.param('key');
  const bytes = feedOf(call).bytes(key);
  const name = `${key.replace(':', '.')}.nupkg`;
  void call.reply.headers({
    'content-type': 'application/octet-stream',
    'content-disposition': `attachment; filename=${name}; filename*=UTF-8''${encodeURIComponent(name)}`,
  });
  return bytes;
}

function remove(call: Call): null {
  const key = call.param('key');
  feedOf(call).remove(key);
  call.store.record('package.deleted', { key });
  void call.reply.code(204);
  return null;
}

/** One file: its own status. Several: 200 when all were taken, else 207 and a status each. */
async function upload(call: Call): Promise<unknown> {
  const files = await filesOf(call.request);
  const feed = feedOf(call);
  const items = files.map(({ name, bytes }) => {
    try {
      const { id, version } = feed.add(bytes);
      call.store.record('package.uploaded', { id, version, file: name });
      const body = { Id: id, Version: version, Key: `${id}:${version}` };
      return { Key: name, Status: 'OK', Body: JSON.stringify(body) };
    } catch (error) {
      if (!(error instanceof UipathFault) || files.length === 1) throw error;
      const status = error.status === 409 ? 'Conflict' : 'BadRequest';
      return { Key: name, Status: status, Body: JSON.stringify({ message: error.message }) };
    }
  });
  void call.reply.code(items.every((item) => item.Status === 'OK') ? 200 : 207);
  return { '@odata.context': contextOf('Collection(BulkItemDtoOfString)'), value: items };
}

interface UploadedFile {
  readonly name: string;
  readonly bytes: Buffer;
}

/** The files of a multipart form (RFC 7578); what the parts are called does not matter to the platform. */
async function filesOf(request: FastifyRequest): Promise<UploadedFile[]> {
  const type = request.headers['content-type'] ?? '';
  if (!type.startsWith('multipart/form-data') || !Buffer.isBuffer(request.body))
    throw new UipathFault(415, 0, 'The request must be multipart/form-data.');
  let form: FormData;
  try {
    // eslint-disable-next-line @typescript-eslint/no-deprecated -- deprecated for streams; this body is in memory already
    form = await new Response(request.body, { headers: { 'content-type': type } }).formData();
  } catch {
    // A form without its last boundary, mostly: the sender gave up or counted wrongly.
    throw invalid('The form cannot be read.');
  }
  const files = [...form.values()].filter((part) => typeof part !== 'string');
  if (files.length === 0) throw invalid('No package was sent.');
  if (files.length > mostFiles) throw invalid(`More than ${mostFiles} packages were sent.`);
  return Promise.all(
    files.map(async (file) => ({
      name: file.name,
      bytes: Buffer.from(await file.arrayBuffer()),
    })),
  );
}
