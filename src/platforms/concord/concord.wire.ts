import { z } from 'zod';
import { isSegment } from '../../upstream/path.ts';
import { isRunId } from './concord.key.ts';

/** A text that may be missing or null: the server leaves out what is null or empty. */
const text = z.string().nullish();
/** What further calls put into their path. */
const name = z.string().refine(isSegment);
const flag = z.boolean().nullish();
const object = z.record(z.string(), z.unknown()).nullish();

/** GET /api/v1/server/version */
export const versionWire = z.looseObject({ version: text, commitId: text, env: text });
export type VersionWire = z.output<typeof versionWire>;

/** GET /api/service/console/whoami */
export const whoAmIWire = z.looseObject({ realm: text, username: z.string() });

/** GET /api/v1/org */
export const organizationListWire = z.array(z.looseObject({ name }));
export type OrganizationWire = z.output<typeof organizationListWire>[number];

/** GET /api/v2/org/{org}/project/{project} */
export const projectWire = z.looseObject({
  id: text,
  name,
  description: text,
  visibility: text,
  /** Who may bring an archive along, and who may name variables to be given back; nobody when `DISABLED`. */
  rawPayloadMode: text,
  outVariablesMode: text,
  createdAt: text,
  cfg: object,
});
export type ProjectWire = z.output<typeof projectWire>;

/** GET /api/v1/org/{org}/project */
export const projectListWire = z.array(projectWire);

/** GET /api/v1/org/{org}/project/{project}/repository/{repository} */
export const repositoryWire = z.looseObject({
  id: text,
  name,
  url: text,
  branch: text,
  commitId: text,
  path: text,
  disabled: flag,
  triggersDisabled: flag,
  /** Absent until Concord has read the repository once. */
  meta: z
    .looseObject({
      entryPoints: z.array(z.string()).nullish(),
      profiles: z.array(z.string()).nullish(),
    })
    .nullish(),
});
export type RepositoryWire = z.output<typeof repositoryWire>;

/** GET /api/v1/org/{org}/project/{project}/repository */
export const repositoryListWire = z.array(repositoryWire);

/** POST /api/v1/org/{org}/project/{project}/repository, …/repository/{repository}/refresh */
export const operationWire = z.looseObject({ result: z.string() });

/** GET /api/v2/trigger, GET /api/v1/org/{org}/project/{project}/repo/{repository}/trigger */
export const triggerListWire = z.array(
  z.looseObject({
    id: text,
    orgName: text,
    projectName: text,
    repositoryName: text,
    eventSource: text,
    arguments: object,
    /** Of a cron trigger: `spec` and, where it was said, `timezone`. */
    conditions: object,
    /** `entryPoint` and what else the run is started with. */
    cfg: object,
  }),
);
export type TriggerWire = z.output<typeof triggerListWire>[number];

const runId = z
  .string()
  .refine(isRunId)
  .transform((id) => id.toLowerCase());

/** GET /api/v2/process/{id}: what Concord calls a process, without what is null or empty. */
export const runWire = z.looseObject({
  instanceId: runId,
  /** `DEFAULT`, or what a failed, cancelled or late run has started to clean up after itself. */
  kind: text,
  parentInstanceId: text,
  orgName: text,
  projectName: text,
  repoName: text,
  repoUrl: text,
  commitId: text,
  commitBranch: text,
  initiator: text,
  status: z.string(),
  createdAt: text,
  startAt: text,
  lastAgentId: text,
  lastRunAt: text,
  lastUpdatedAt: text,
  totalRuntimeMs: z.number().nullish(),
  tags: z.array(z.string()).nullish(),
  /** What its start said, its flow as `entryPoint`, and its results as `out`. */
  meta: object,
  triggeredBy: object,
  runtime: text,
  disabled: flag,
});
export type RunWire = z.output<typeof runWire>;

/** GET /api/v2/process */
export const runListWire = z.array(runWire);

/** POST /api/v1/process, POST /api/v1/process/{entryPoint} */
export const startedWire = z.looseObject({ instanceId: runId });

/** GET /api/v1/process/{id}/form */
export const waitingFormListWire = z.array(z.looseObject({ name: z.string() }));

/** GET /api/v1/process/{id}/attachment */
export const attachmentListWire = z.array(z.string());
