import { z } from 'zod';

/** A text that may be missing or null: the platform's document marks only some of them as nullable. */
const text = z.string().nullish();
const flag = z.boolean().nullish();
/** Identity of a process over all its versions; it arrives in either case. */
const guid = z.guid().toLowerCase();

const processFields = {
  id: z.int(),
  uniqueIdentifier: guid,
  version: z.int(),
  majorVersion: z.int().nullish(),
  minorVersion: z.int().nullish(),
  name: text,
  description: text,
  changeDescription: text,
  modified: text,
  modifier: text,
  isDeleted: flag,
  isDraft: flag,
  isNotLatestVersion: flag,
  isSubprocess: flag,
  isForMonitoringRule: flag,
  targetFramework: text,
  frendsVersion: text,
  cancellationDisabled: flag,
  /** Its shape is undocumented. */
  triggerData: z.unknown().optional(),
};

/**
 * GET api/v1/processes, one version of one process. What it does not name is dropped while parsing: BPMN, graph and
 * templates make an item hundreds of kilobytes heavy.
 */
export const processListItemWire = z.object(processFields);
export type ProcessListItemWire = z.output<typeof processListItemWire>;

const paging = z.object({ totalCount: z.int().min(0).nullish() }).nullish();

/** GET api/v1/processes */
export const processListWire = z.object({ data: z.array(processListItemWire), paging });

/** GET api/v1/processes/{guid}/versions/{version}, GET api/v1/processes/{id}: one version, whole. */
export const processWire = z.looseObject({
  ...processFields,
  /** Its shape is undocumented. */
  manualTrigger: z.unknown().optional(),
  /** Documented, and read only where a deployment is given values. */
  processVariables: z.unknown().optional(),
});
export type ProcessWire = z.output<typeof processWire>;

export const processEnvelopeWire = z.object({ data: processWire });

/** GET api/v1/process-deployments, one version in one agent group. */
export const deploymentWire = z.looseObject({
  deploymentId: z.int(),
  processId: z.int().nullish(),
  processName: text,
  processGuid: guid,
  processVersion: text,
  processBuildVersion: z.int().nullish(),
  deployedAtUtc: text,
  deployedBy: text,
  description: text,
  triggersActive: flag,
  agentGroup: z.looseObject({ id: z.int(), displayName: text }),
});
export type DeploymentWire = z.output<typeof deploymentWire>;

/** GET api/v1/process-deployments */
export const deploymentListWire = z.object({ data: z.array(deploymentWire), paging });

/** POST api/v1/process-deployments, as far as it was seen. */
export const deployedWire = z.object({ data: z.array(deploymentWire) });

/** POST api/v1/processes/batch-import: one process, however many the file held. */
export const importedWire = z.object({
  data: z
    .object({ name: text, elementIdentifier: guid, id: z.int(), version: z.int() })
    .transform(({ name = null, elementIdentifier, id, version }) => ({
      guid: elementIdentifier,
      name,
      id,
      version,
    })),
});
export type ImportedWire = z.output<typeof importedWire>['data'];

/** `processVariables` of a process. */
export const variableListWire = z.array(
  z.looseObject({ name: z.string(), mode: text, description: text }),
);

const place = z.object({ id: z.int(), displayName: text });
/** An environment, or an agent group of one. */
export type PlaceWire = z.output<typeof place>;

/** GET api/v1/environments, GET api/v1/environments/{id}/agent-groups */
export const placeListWire = z.object({ data: z.array(place) });

/** GET api/v1/tags: tags by GUID, those without any left out. */
export const tagsWire = z.object({
  data: z.record(z.string(), z.array(z.unknown()).nullish()).nullish(),
});

/** GET v1.0/swagger.json: the tenant's own description of its API. */
export const documentWire = z.object({
  info: z.object({ title: text, version: text }),
  /** By path, its methods in lower case. */
  paths: z.record(z.string(), z.record(z.string(), z.unknown()).nullish()).nullish(),
});
export type DocumentWire = z.output<typeof documentWire>;
