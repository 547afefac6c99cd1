import { decodeKey, encodeKey } from '../../domain/ids.ts';

/** Where a flow lives. */
export interface FlowPlace {
  readonly organization: string;
  readonly project: string;
  readonly repository: string;
  /** Empty where the project file chooses the entry flow itself. */
  readonly flow: string;
}

/** The organization of every server that aliases and the calls of 2017 mean. */
const defaultOrganization = 'Default';

/** `ConcordKey` of 2.16: what the server lets organizations, projects and repositories be called; later ones take one character less. */
const namePattern = /^[0-9a-zA-Z][0-9a-zA-Z_@.\-~]{2,128}$/;

export function isConcordName(text: string): boolean {
  return namePattern.test(text);
}

export function toKey({ organization, project, repository, flow }: FlowPlace): string {
  return encodeKey([organization, project, repository, flow]);
}

/** The flow that a canonical key names; null where nothing can be called so. */
export function placeOf(key: string): FlowPlace | null {
  const parts = decodeKey(key);
  const [organization = '', project = '', repository = '', flow = ''] = parts;
  const possible = parts.length === 4 && [organization, project, repository].every(isConcordName);
  return possible ? { organization, project, repository, flow } : null;
}

/** The flow that a key or one of its aliases, `project:repository` and `project:repository:flow`, means. */
export function aliasedPlaceOf(key: string): FlowPlace | null {
  const parts = decodeKey(key);
  if (parts.length !== 2 && parts.length !== 3) return placeOf(key);
  const [project = '', repository = '', flow = ''] = parts;
  return placeOf(toKey({ organization: defaultOrganization, project, repository, flow }));
}

/** The server answers 404 without a word to anything else. */
const runIdPattern = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** Whether a run can be called so: its `instanceId` is a UUID. */
export function isRunId(text: string): boolean {
  return runIdPattern.test(text);
}
