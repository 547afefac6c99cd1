import { randomUUID } from 'node:crypto';
import { Caller, expectStatus, until } from './caller.ts';

const functions = 'UiPath.Server.Configuration.OData';

export async function jobs(folder: Caller): Promise<void> {
  const of = `odata/Jobs/${functions}`;
  const input = { in_DurationMs: 60_000 };
  const stoppable = await start(folder, { input, JobsCount: 2, Strategy: 'ModernJobsCount' });
  const [first, second] = stoppable as [Job, Job];
  const validity = { startInfo: { ReleaseName: 'Smoke test' } };
  expectStatus(await folder.call('POST', `${of}.ValidateDynamicJob`, { body: validity }), 200);
  const unknown = { startInfo: { ReleaseName: 'No such process' } };
  expectStatus(await folder.call('POST', `${of}.StartJobs`, { body: unknown }), 404);
  const query = {
    $filter: `Key in ('${first.Key}','${second.Key}') and State eq 'Pending'`,
    $orderby: 'Id desc',
    $expand: 'Robot,Machine,Release',
  };
  expectStatus(await folder.call('GET', 'odata/Jobs', { query }), 200);
  const place = `odata/Jobs(${first.Id})`;
  expectStatus(await folder.call('GET', place, { query: { $expand: 'Robot,Release' } }), 200);
  expectStatus(await folder.call('GET', `${of}.GetByKey(identifier=${first.Key})`), 200);
  const soft = { strategy: 'SoftStop' };
  expectStatus(await folder.call('POST', `${place}/${functions}.StopJob`, { body: soft }), 200);
  const kill = { strategy: 'Kill', jobIds: [second.Id] };
  expectStatus(await folder.call('POST', `${of}.StopJobs`, { body: kill }), 200);
  await ended(folder, first);
  const again = { body: { jobId: first.Id } };
  expectStatus(await folder.call('POST', `${of}.RestartJob`, again), 200);
  await resumed(folder);
  expectStatus(await folder.call('POST', `${of}.Export`), 200);
}

interface Job {
  readonly Id: number;
  readonly Key: string;
}

async function start(
  folder: Caller,
  info: Readonly<Record<string, unknown>> & { readonly input: object },
): Promise<Job[]> {
  const { input, ...more } = info;
  const startInfo = {
    ReleaseName: 'Smoke test',
    InputArguments: JSON.stringify(input),
    Reference: `test-${randomUUID()}`,
    Source: 'Manual',
    ...more,
  };
  const path = `odata/Jobs/${functions}.StartJobs`;
  const answer = expectStatus(await folder.call('POST', path, { body: { startInfo } }), 201);
  return answer.rows() as unknown as Job[];
}

function ended(folder: Caller, { Id }: Job): Promise<Record<string, unknown>> {
  return state(folder, Id, ['Successful', 'Faulted', 'Stopped']);
}

function state(
  folder: Caller,
  id: number,
  states: readonly string[],
): Promise<Record<string, unknown>> {
  return until(
    async () => (await folder.call('GET', `odata/Jobs(${id})`)).json(),
    (job) => states.includes(String(job['State'])),
  );
}

async function resumed(folder: Caller): Promise<void> {
  const input = { in_SuspendAfterMs: 0, in_DurationMs: 1 };
  const [job] = await start(folder, { input });
  if (job === undefined) throw new Error('no job was started');
  await state(folder, job.Id, ['Suspended']);
  const body = { jobKey: job.Key, inputArguments: '{"out_Approved":true}' };
  const path = `odata/Jobs/${functions}.ResumeJob`;
  expectStatus(await folder.call('POST', path, { body }), 200);
  await ended(folder, job);
  const filter = { $filter: `JobKey eq ${job.Key} and Level ge '2'`, $orderby: 'TimeStamp asc' };
  const logs = expectStatus(await folder.call('GET', 'odata/RobotLogs', { query: filter }), 200);
  if (logs.rows().length === 0) throw new Error('the job logged nothing');
  const total = `odata/RobotLogs/${functions}.GetTotalCount`;
  expectStatus(await folder.call('GET', total, { query: { $filter: filter.$filter } }), 200);
}

export async function media(folder: Caller): Promise<void> {
  const [job] = await start(folder, { input: { in_Fail: true, in_DurationMs: 1 } });
  if (job === undefined) throw new Error('no job was started');
  await ended(folder, job);
  const query = { $filter: `JobId eq ${job.Id}` };
  expectStatus(await folder.call('GET', 'odata/ExecutionMedia', { query }), 200);
  expectStatus(await folder.call('GET', `odata/ExecutionMedia(${job.Id})`), 200);
  const of = `odata/ExecutionMedia/${functions}`;
  expectStatus(await folder.call('GET', `${of}.DownloadMediaByJobId(jobId=${job.Id})`), 200);
  const body = { jobId: job.Id };
  expectStatus(await folder.call('POST', `${of}.DeleteMediaByJobId`, { body }), 204);
}

export async function attachments(url: string, folder: Caller): Promise<void> {
  const body = { Name: 'input.json' };
  const made = expectStatus(await folder.call('POST', 'odata/Attachments', { body }), 201).json();
  const id = String(made['Id']);
  await followBlob(url, made, new TextEncoder().encode('{"a":1}'));
  const place = `odata/Attachments(${id})`;
  await followBlob(url, (await folder.call('GET', place)).json(), undefined);
  const [job] = await start(folder, {
    input: { in_DurationMs: 1, in_OutputChars: 12_000 },
    InputFile: id,
  });
  if (job === undefined) throw new Error('no job was started');
  const attach = { attachmentId: id, jobKey: job.Key, category: 'Input' };
  expectStatus(await folder.call('POST', 'api/JobAttachments/Post', { body: attach }), 201);
  const done = await ended(folder, job);
  await followBlob(
    url,
    (await folder.call('GET', `odata/Attachments(${String(done['OutputFile'])})`)).json(),
    undefined,
  );
  const query = { jobKey: job.Key };
  expectStatus(await folder.call('GET', 'api/JobAttachments/GetByJobKey', { query }), 200);
  expectStatus(await folder.call('GET', 'odata/Attachments', { query: { $top: '5' } }), 200);
  expectStatus(await folder.call('DELETE', place), 204);
  expectStatus(await folder.call('GET', place), 404);
}

/** Puts or gets the bytes of an attachment as its answer says. */
async function followBlob(
  url: string,
  attachment: Record<string, unknown>,
  body: Uint8Array | undefined,
): Promise<void> {
  const { Uri, Verb, Headers } = attachment['BlobFileAccess'] as {
    Uri: string;
    Verb: string;
    Headers: { Keys: string[]; Values: string[] };
  };
  const headers = Object.fromEntries(
    Headers.Keys.map((name, at) => [name, Headers.Values[at] ?? '']),
  );
  const store = new Caller(url, { ...headers, 'content-type': 'application/octet-stream' });
  const path = Uri.slice(url.length + 1);
  expectStatus(await store.call(Verb, path, { body }), Verb === 'PUT' ? 201 : 200);
}
