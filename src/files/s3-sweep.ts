import {
  AbortMultipartUploadCommand,
  DeleteObjectCommand,
  ListMultipartUploadsCommand,
  type ListMultipartUploadsCommandOutput,
  type MultipartUpload,
  paginateListObjectsV2,
  type S3Client,
} from '@aws-sdk/client-s3';
import { isFileId } from './file-id.ts';
import { isNamed } from './s3-failure.ts';

/** Where files are, and what their keys begin with. */
export interface Bucket {
  readonly name: string;
  readonly prefix: string;
}

/** Removes files, and uploads that were broken off, of before that; gives how many. Throws what the library throws. */
export async function removeOldFiles(
  client: S3Client,
  bucket: Bucket,
  instant: number,
): Promise<number> {
  return (await removeObjects(client, bucket, instant)) + (await abort(client, bucket, instant));
}

async function removeObjects(
  client: S3Client,
  { name, prefix }: Bucket,
  instant: number,
): Promise<number> {
  let removed = 0;
  for await (const page of paginateListObjectsV2({ client }, { Bucket: name, Prefix: prefix })) {
    for (const { Key = '', LastModified } of page.Contents ?? []) {
      if (!isOwn(Key, prefix) || !isBefore(LastModified, instant)) continue;
      // One by one: what removes several at once takes a checksum that other servers than Amazon's do not know.
      await client.send(new DeleteObjectCommand({ Bucket: name, Key }));
      removed += 1;
    }
  }
  return removed;
}

async function abort(client: S3Client, { name, prefix }: Bucket, instant: number): Promise<number> {
  let aborted = 0;
  for await (const { Key = '', UploadId, Initiated } of uploads(client, { name, prefix })) {
    if (!isOwn(Key, prefix) || !isBefore(Initiated, instant)) continue;
    const upload = new AbortMultipartUploadCommand({ Bucket: name, Key, UploadId });
    await client.send(upload).catch(unlessGone);
    aborted += 1;
  }
  return aborted;
}

async function* uploads(
  client: S3Client,
  { name, prefix }: Bucket,
): AsyncGenerator<MultipartUpload> {
  let from: Pick<ListMultipartUploadsCommandOutput, 'NextKeyMarker' | 'NextUploadIdMarker'> = {};
  for (;;) {
    const page = await client.send(
      new ListMultipartUploadsCommand({
        Bucket: name,
        Prefix: prefix,
        KeyMarker: from.NextKeyMarker,
        UploadIdMarker: from.NextUploadIdMarker,
      }),
    );
    yield* page.Uploads ?? [];
    if (page.IsTruncated !== true) return;
    from = page;
  }
}

/** Whatever else lies in the bucket is somebody else's. */
function isOwn(key: string, prefix: string): boolean {
  return key.startsWith(prefix) && isFileId(key.slice(prefix.length));
}

function isBefore(moment: Date | undefined, instant: number): boolean {
  return moment !== undefined && moment.getTime() < instant;
}

function unlessGone(error: unknown): void {
  if (!isNamed(error, 'NoSuchUpload')) throw error;
}
