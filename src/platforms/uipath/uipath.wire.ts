import { z } from 'zod';

/** Any member may be null: the API's own document declares none so, and the API sends it everywhere. */
const text = z.string().nullish();
const flag = z.boolean().nullish();
/** An enum: its words grow with every release, and old builds send their numbers. */
const word = z.union([z.string(), z.number()]).nullish();

/** `ArgumentMetadata`, in the rows below and from GET odata/Processes/…GetArguments(key='…'). */
export const argumentsWire = z.looseObject({ Input: text, Output: text });
export type ArgumentsWire = z.output<typeof argumentsWire>;

/** `ProcessDto`: GET odata/Processes, GET odata/Processes/…GetProcessVersions(processId='…'). A version of a package. */
export const packageWire = z.looseObject({
  Id: z.string().min(1),
  Version: z.string().min(1),
  Key: text,
  Title: text,
  Description: text,
  Published: text,
  IsActive: flag,
  IsLatestVersion: flag,
  ReleaseNotes: text,
  Authors: text,
  Tags: text,
  PackageType: word,
  MainEntryPointPath: text,
  Arguments: argumentsWire.nullish(),
});
export type PackageWire = z.output<typeof packageWire>;

/** `ReleaseVersionDto`: a version that a release runs or ran; each time that it was given one is an entry of its own. */
const releaseVersionWire = z.looseObject({
  Id: z.int().nullish(),
  VersionNumber: text,
  CreationTime: text,
});

/** `ReleaseDto`: POST odata/Releases, GET odata/Releases, GET odata/Releases(id). A version of a package, deployed in a folder. */
export const releaseWire = z.looseObject({
  Id: z.int(),
  Key: z.string().min(1),
  Name: text,
  Description: text,
  ProcessKey: z.string().min(1),
  ProcessVersion: z.string().min(1),
  JobPriority: word,
  SpecificPriorityValue: z.number().nullish(),
  AutoUpdate: flag,
  InputArguments: text,
  EntryPointPath: text,
  ProcessType: word,
  OrganizationUnitId: z.int().nullish(),
  OrganizationUnitFullyQualifiedName: text,
  CurrentVersion: releaseVersionWire.nullish(),
  ReleaseVersions: z.array(releaseVersionWire).nullish(),
  CreationTime: text,
  LastModificationTime: text,
});
export type ReleaseWire = z.output<typeof releaseWire>;

/** `ODataValueOfInt64`: what the actions on a release answer. */
export const numberWire = z.looseObject({ value: z.int() });

/** GET odata/Releases?$select=Id,ProcessKey */
export const deployedWire = z.looseObject({ Id: z.int(), ProcessKey: text });
export type DeployedWire = z.output<typeof deployedWire>;

/** `FolderDto`: GET odata/Folders, GET odata/Folders(id), GET odata/Folders/…GetByKey(identifier=…). */
export const folderWire = z.looseObject({
  Id: z.int(),
  DisplayName: text,
  FullyQualifiedName: text,
});
export type FolderWire = z.output<typeof folderWire>;

/** GET api/PackageFeeds/GetFolderFeed: null for a folder that uses the tenant's feed. */
export const feedWire = z.uuid().nullable();

/** `SimpleReleaseDto` in a job, where it was asked for. */
const jobReleaseWire = z.looseObject({ Key: text, ProcessKey: text, ProcessVersion: text });

/** `JobErrorDto`. */
const jobErrorWire = z.looseObject({ code: text, title: text, detail: text });

/** `JobDto`: GET odata/Jobs, GET odata/Jobs(id), GET odata/Jobs/…GetByKey(identifier=…), and what StartJobs answers. */
export const jobWire = z.looseObject({
  Id: z.int(),
  Key: z.guid(),
  State: word,
  Info: text,
  CreationTime: text,
  StartTime: text,
  EndTime: text,
  LastModificationTime: text,
  InputArguments: text,
  OutputArguments: text,
  OutputFile: text,
  Reference: text,
  JobError: jobErrorWire.nullish(),
  ErrorCode: text,
  Release: jobReleaseWire.nullish(),
});
export type JobWire = z.output<typeof jobWire>;

/** `LogDto`: GET odata/RobotLogs. A line that a robot wrote; its number is always 0. */
export const logWire = z.looseObject({ Level: word, TimeStamp: text, Message: text });
export type LogWire = z.output<typeof logWire>;

/** GET api/JobAttachments/GetByJobKey. */
export const jobAttachmentsWire = z.array(
  z.looseObject({ attachmentId: z.guid(), attachmentName: text, creationTime: text }),
);
export type JobAttachmentWire = z.output<typeof jobAttachmentsWire>[number];

/** `BlobFileAccess` of an attachment: how its bytes are put or got. */
export const blobAccessWire = z.looseObject({
  Uri: z.string().min(1),
  Verb: text,
  RequiresAuth: flag,
  Headers: z
    .looseObject({ Keys: z.array(z.string()).nullish(), Values: z.array(z.string()).nullish() })
    .nullish(),
});
export type BlobAccessWire = z.output<typeof blobAccessWire>;

/** `AttachmentDto`: POST odata/Attachments, GET odata/Attachments(id). */
export const attachmentWire = z.looseObject({
  Id: z.guid(),
  Name: text,
  BlobFileAccess: blobAccessWire,
});
export type AttachmentWire = z.output<typeof attachmentWire>;

/** The envelope of every OData list. */
export function odataList<S extends z.ZodType>(
  row: S,
): z.ZodObject<{ '@odata.count': z.ZodOptional<z.ZodNullable<z.ZodInt>>; value: z.ZodArray<S> }> {
  return z.object({ '@odata.count': z.int().nullish(), value: z.array(row) });
}

/** `BulkItemDtoOfString`: what POST odata/Processes/…UploadPackage answers of each package, also with 207. */
const bulkItemWire = z.looseObject({
  Key: text,
  /** The name of a status of HTTP, as .NET has it. */
  Status: z.union([z.string(), z.number()]),
  Body: text,
});
export type BulkItemWire = z.output<typeof bulkItemWire>;
export const bulkItemsWire = z.object({ value: z.array(bulkItemWire) });

/** POST api/Account/Authenticate: the envelope of the framework that own installations are built on. */
export const signInWire = z.looseObject({
  success: flag,
  result: text,
  error: z.looseObject({ message: text }).nullish(),
});
