import { z } from 'zod';

/** A text that may be missing or null; documents do not say which. */
const text = z.string().nullish();
const object = z.record(z.string(), z.unknown()).nullish();

/** GET process/v1, GET process/v1/{key}, GET process/v1/{key}/{version}: a `VarProcess`. */
export const processWire = z.looseObject({
  _id: z.string().min(1),
  _type: text,
  _version: z.union([z.int(), z.string()]).nullish(),
  _timestamp: text,
  _user: text,
  _tag: z.array(z.string()).nullish(),
  service: text,
  name: text,
  description: text,
  script: text,
  workflow: text,
  cron: text,
  enabled: z.boolean().nullish(),
  environment: text,
  input: object,
  properties: object,
  settings: object,
  tags: z.array(z.string()).nullish(),
});
export type ProcessWire = z.output<typeof processWire>;

/** GET process/v1 */
export const processListWire = z.array(processWire);

/** GET process/v1/{key}/*: printed by the ODSL language without underscores, stored with them; either may arrive. */
export const versionWire = z.looseObject({
  id: text,
  _id: text,
  version: z.union([z.int(), z.string()]).nullish(),
  _version: z.union([z.int(), z.string()]).nullish(),
  tags: z.array(z.string()).nullish(),
  _tag: z.array(z.string()).nullish(),
  timestamp: text,
  _timestamp: text,
  user: text,
  _user: text,
});
export type VersionWire = z.output<typeof versionWire>;

/** GET process/v1/{key}/* */
export const versionListWire = z.array(versionWire);

/** GET process: undocumented, passed through. */
export const buildWire = z.record(z.string(), z.unknown());

const phaseWire = z.looseObject({
  name: text,
  start: text,
  end: text,
  status: text,
  message: text,
  /** Lines; which type they have is not said. */
  log: z.array(z.unknown()).nullish(),
});

/** GET process-exec/v1, GET process-exec/v1/{id}: the log of one execution; `end` is missing while it runs. */
export const executionWire = z.looseObject({
  _id: z.string().min(1),
  service: text,
  /** Names the process. */
  name: text,
  environment: text,
  trigger: text,
  triggerTime: text,
  reason: text,
  start: text,
  end: text,
  runAs: text,
  status: text,
  message: text,
  loaderMessage: text,
  parentId: text,
  phases: z.array(phaseWire).nullish(),
  /** What was loaded; it may list every series. */
  data: z.unknown().optional(),
});
export type ExecutionWire = z.output<typeof executionWire>;
export type PhaseWire = z.output<typeof phaseWire>;

/** GET audit/v1/private: two pages describe an entry, each with other members; nothing else of it is read. */
export const auditWire = z.looseObject({
  timestamp: text.catch(null),
  reason: text.catch(null),
  /** In one of the pages the reason stands here. */
  description: text.catch(null),
  /** The HTTP status of what was done. */
  status: z.coerce.number().catch(0),
  version: z.union([z.int(), z.string()]).nullish().catch(null),
});
export type AuditWire = z.output<typeof auditWire>;

/** GET audit/v1/private */
export const auditListWire = z.array(auditWire);

/** GET process-exec/v1 */
export const executionListWire = z.array(executionWire);

/** POST process-exec/v1: its answer is undocumented; an execution's id counts only where it looks like one. */
export const startedWire = z.union([
  z.guid(),
  z.looseObject({ _id: z.guid() }).transform((each) => each._id),
  z.looseObject({ id: z.guid() }).transform((each) => each.id),
  z.looseObject({ executionId: z.guid() }).transform((each) => each.executionId),
]);
