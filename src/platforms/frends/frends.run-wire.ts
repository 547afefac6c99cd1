import { z } from 'zod';

const text = z.string().nullish();
const flag = z.boolean().nullish();
const number = z.number().nullish();
/** Its words are listed nowhere, and other enumerations of the platform are numbers. */
const word = z.union([z.string(), z.number()]).nullish();
const guid = z.guid().toLowerCase();

const instanceFields = {
  executionId: guid,
  processGuid: guid.nullish(),
  processVersion: z.union([z.string(), z.number()]).nullish(),
  state: word,
  startTimeUtc: text,
  endTimeUtc: text,
  environmentName: text,
  agentName: text,
  triggerName: text,
  userName: text,
  hasLoggedSteps: flag,
  exception: text,
};

/**
 * GET api/v1/instances/{agentGroupId}, one run. What it does not name is dropped while parsing: `triggerRequest`,
 * `triggerResponses` and promoted values may hold anything.
 */
export const instanceWire = z.object({
  ...instanceFields,
  id: number,
  parentId: z.union([z.number(), z.string()]).nullish(),
  processId: number,
  rootProcessId: number,
  agentId: number,
  agentGroupId: number,
  environmentId: number,
  parentName: text,
  acknowledgedUtc: text,
  stepsLoggedToBlobs: flag,
});
export type InstanceWire = z.output<typeof instanceWire>;

/** GET api/v1/instances/{agentGroupId}: pages follow each other by token. */
export const instancePageWire = z.object({
  data: z.array(instanceWire),
  nextContinuationToken: text,
});
export type InstancePageWire = z.output<typeof instancePageWire>;

/** A step of a run, in the details or in the blob that they name: the shape is documented nowhere. */
const stepWire = z.looseObject({
  name: text,
  startTimeUtc: text,
  endTimeUtc: text,
  exception: text,
});
export type StepWire = z.output<typeof stepWire>;

/** What lies behind `stepDataUri`: a list of steps, bare or as a member. */
export const stepDataWire = z.union([
  z.array(stepWire),
  z.object({ steps: z.array(stepWire) }).transform(({ steps }) => steps),
]);

/** GET api/v1/instances/{agentGroupId}/{executionId}/details: one run; its steps lie behind a link as a rule. */
export const instanceDetailsWire = z.object({
  ...instanceFields,
  processName: text,
  agentGroupName: text,
  exceptionMessage: text,
  steps: z.array(stepWire).nullish(),
  stepDataUri: text,
});
export type InstanceDetailsWire = z.output<typeof instanceDetailsWire>;

/** GET api/v1/instances/{agentGroupId}/{executionId}/details */
export const instanceEnvelopeWire = z.object({ data: instanceDetailsWire });
