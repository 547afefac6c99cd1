import { createHash } from 'node:crypto';
import { uuidOf } from '../kit/random.ts';
import type { ConcordState, Project, ProjectFile, Repository } from './state.ts';

const firstProject = Date.UTC(2025, 2, 3, 8, 15, 0, 79);
const dayMs = 86_400_000;

/** A project file that says nothing. */
export const emptyFile: ProjectFile = {
  flows: {},
  arguments: {},
  entryPoint: null,
  profiles: [],
  triggers: [],
  attachments: {},
};

/** Adds a project; `mode` is what it lets callers bring along and take away. */
export function addProject(
  state: ConcordState,
  organization: string,
  name: string,
  description: string | null,
  mode = 'DISABLED',
): Project {
  const system = organization === 'ConcordSystem';
  const project: Project = {
    id: uuidOf(`concord/${organization}/${name}`),
    organization,
    name,
    description,
    rawPayloadMode: mode,
    outVariablesMode: mode,
    createdMs: system ? null : firstProject + state.projects.length * dayMs,
  };
  state.projects.push(project);
  return project;
}

/** Adds a repository; `changes` are what differs from one that was read once. */
export function addRepository(
  state: ConcordState,
  project: Project,
  name: string,
  changes: Partial<Repository>,
): Repository {
  const repository: Repository = {
    id: uuidOf(`concord/${project.organization}/${project.name}/${name}`),
    projectId: project.id,
    name,
    url: `https://git.example.com/${slug(project.name)}.git`,
    branch: 'main',
    commitId: null,
    path: null,
    secretName: null,
    disabled: false,
    triggersDisabled: false,
    refreshed: true,
    file: emptyFile,
    ...changes,
  };
  state.repositories.push(repository);
  return repository;
}

/** `Finance automation` → `finance-automation` */
export function slug(text: string): string {
  return text
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '');
}

/** The commit that a branch stands at. */
export function commitIdOf(text: string): string {
  return createHash('sha1').update(text).digest('hex');
}
