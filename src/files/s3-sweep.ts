import { DeleteObjectCommand, paginateListObjectsV2, type S3Client } from '@aws-sdk/client-s3';
import { isFileId } from './file-id.ts';

/** Where files are, and what their keys begin with. */
export interface Bucket {
  readonly name: string;
  readonly prefix: string;
}

/** Removes files of before that; gives how many. Throws what the library throws. */
export async function removeOldFiles(
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

/** Whatever else lies in the bucket is somebody else's. */
function isOwn(key: string, prefix: string): boolean {
  return key.startsWith(prefix) && isFileId(key.slice(prefix.length));
}

function isBefore(moment: Date | undefined, instant: number): boolean {
  return moment !== undefined && moment.getTime() < instant;
}
