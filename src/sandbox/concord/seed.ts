import { type Automation, automations, companyOf, smokeTest } from '../kit/company.ts';
import { daysAgo } from '../kit/history.ts';
import { Random, uuidOf } from '../kit/random.ts';
import { addProject, addRepository, commitIdOf, emptyFile, slug } from './create.ts';
import type { Step } from './flow.ts';
import type { ConcordState, CronTrigger, Organization, ProjectFile, Run } from './state.ts';

/** What can be chosen of a server. */
export interface ConcordOptions {
  readonly version?: string;
  readonly zoneHours?: number;
}

/** Which organization a department of the company belongs to. */
const organizationOf: Readonly<Record<string, string>> = {
  Finance: 'Finance',
  People: 'People',
  Sales: 'Sales',
  Service: 'Sales',
  IT: 'Default',
};
const otherDepartments = 'Operations';
const crons = ['0 6 * * 1-5', '*/30 * * * *', '15 2 1 * *', '0 22 * * 0'] as const;

/** Flows of the platform team, whatever the size. */
const fixedProcesses = 8;

/** A server of the company with `size` flows, and beside them what every server has of its own. */
export function seedConcord(size: number, options: ConcordOptions = {}): ConcordState {
  const { version = '2.16.0', zoneHours = -5 } = options;
  const state: ConcordState = {
    version,
    zoneHours,
    organizations: ['ConcordSystem', 'Default', 'Finance', 'Operations', 'People', 'Sales'].map(
      organizationNamed,
    ),
    projects: [],
    repositories: [],
    runs: {},
  };
  seedSystem(state);
  seedPlatform(state);
  const company = companyOf(Math.max(size - fixedProcesses, 0));
  const projects = new Map<string, Automation[]>();
  company.forEach((automation, index) => {
    const region = regionOf(automation, index);
    const name = slug(`${automation.department} automation ${region}`);
    projects.set(name, [...(projects.get(name) ?? []), automation]);
  });
  for (const [name, flows] of projects) seedDepartment(state, name, flows);
  seedHistory(state);
  return state;
}

/** Runs that there were before anybody came: one that has ended, and one that still waits for its event. */
function seedHistory(state: ConcordState): void {
  const project = state.projects.find(({ name }) => name === 'platform-checks');
  const repository = state.repositories.find(({ projectId }) => projectId === project?.id);
  if (project === undefined || repository === undefined) return;
  const { id, name, url, branch, commitId, file } = repository;
  for (const [called, flow] of [
    ['smoke', smokeTest.name],
    ['waiting', 'waiting'],
  ] as const) {
    const run: Run = {
      id: uuidOf(`concord/run/${called}`),
      requestId: uuidOf(`concord/request/${called}`),
      initiator: 'admin',
      parentInstanceId: null,
      organization: project.organization,
      project: { id: project.id, name: project.name },
      repository: { id, name, url, branch, commitId },
      asked: flow,
      flow,
      steps: file.flows[flow] ?? null,
      hasFile: true,
      refusal: null,
      arguments: file.arguments,
      out: [],
      tags: [],
      meta: {},
      startAtMs: null,
      timeoutMs: null,
      attachments: file.attachments,
      attempts: [{ startMs: daysAgo(1), submissions: [], cancelMs: null }],
      disabled: false,
    };
    state.runs[run.id] = run;
  }
}

function organizationNamed(name: string): Organization {
  const system = name === 'ConcordSystem';
  const owned = !system && name !== 'Default';
  return {
    id: uuidOf(`concord/${name}`),
    name,
    visibility: system ? 'PRIVATE' : 'PUBLIC',
    owned,
  };
}

function seedSystem(state: ConcordState): void {
  const project = addProject(state, 'ConcordSystem', 'concordTriggers', null);
  addRepository(state, project, 'triggers', {
    url: 'classpath://com/walmartlabs/concord/server/org/triggers/concord.yml',
    branch: 'master',
    refreshed: false,
  });
}

/** The same flows that the project's starter gives to a real server. */
function seedPlatform(state: ConcordState): void {
  const checks = addProject(
    state,
    'Default',
    'platform-checks',
    'Flows that show that the platform runs flows',
    'EVERYONE',
  );
  addRepository(state, checks, 'main', { file: checksFile });
  const forms = addProject(state, 'Sales', 'shared-forms', null);
  addRepository(state, forms, 'main', { file: { ...emptyFile, arguments: { country: 'DE' } } });
}

const checksFile: ProjectFile = {
  ...emptyFile,
  arguments: { name: 'world', seconds: 3, lines: ['first', 'second', 'third'] },
  flows: {
    sleep: [
      { log: 'sleeping ${seconds} s' },
      { task: 'sleep', in: { duration: '${seconds}' } },
      { log: 'awake' },
    ],
    [smokeTest.name]: [
      { log: 'Smoke test: the run has started and reads its settings' },
      {
        log: 'Smoke test: nothing is needed, nothing is changed, every step only says that it was reached',
      },
      { log: 'Smoke test: done' },
    ],
    default: [{ log: 'hello ${name}' }, { set: { greeting: 'hello ${name}' } }],
    failure: [{ log: 'about to fail' }, { throw: 'no such invoice' }],
    approval: [
      { form: 'approval', fields: [{ approved: { type: 'boolean', label: 'Approve?' } }] },
      { log: 'approved: ${approval.approved}' },
    ],
    waiting: [{ suspend: 'go' }, { log: 'went on' }],
    chatter: [{ block: [{ log: 'line ${item}' }], loop: { items: '${lines}' } }],
  },
  triggers: [
    {
      id: uuidOf('concord/trigger/smoke'),
      entryPoint: smokeTest.name,
      spec: '0 5 1 1 *',
      timezone: null,
      arguments: {},
    },
  ],
  attachments: { 'report.csv': 'total,42\n' },
};

/** A department's project: what runs today in `main`, what has been switched off in `legacy`. */
function seedDepartment(state: ConcordState, name: string, flows: readonly Automation[]): void {
  const department = flows[0]?.department ?? '';
  const organization = organizationOf[department] ?? otherDepartments;
  const project = addProject(state, organization, name, `Automations of ${department}`);
  const legacy = flows.filter((_, index) => index % 5 === 2);
  const main = flows.filter((_, index) => index % 5 !== 2);
  addRepository(state, project, 'main', {
    url: `https://git.example.com/${slug(organization)}/${name}.git`,
    file: fileOf(main),
    secretName: 'git-deploy-key',
    triggersDisabled: department === 'Procurement',
  });
  if (legacy.length === 0) return;
  addRepository(state, project, 'legacy', {
    url: `https://git.example.com/${slug(organization)}/${name}-legacy.git`,
    branch: 'master',
    path: 'flows',
    commitId: commitIdOf(name),
    file: fileOf(legacy),
    disabled: true,
  });
}

function fileOf(flows: readonly Automation[]): ProjectFile {
  return {
    ...emptyFile,
    arguments: { dryRun: false },
    flows: Object.fromEntries(flows.map((automation) => [automation.name, stepsOf(automation)])),
    entryPoint: flows[0]?.name ?? null,
    profiles: flows.length > 2 ? ['nightly', 'test'] : [],
    triggers: flows.flatMap(cronOf),
    attachments: { 'report.csv': 'total,42\n' },
  };
}

function stepsOf({ name, description }: Automation): Step[] {
  const seconds = new Random(`concord/${name}`).int(1, 4);
  return [
    { log: `${name}: ${description}` },
    { checkpoint: 'read' },
    { task: 'sleep', in: { duration: seconds } },
    { log: `${name}: done, dry run: \${dryRun}` },
    { set: { handled: seconds * 7 } },
  ];
}

function cronOf({ name }: Automation, index: number): CronTrigger[] {
  if (index % 3 !== 0) return [];
  const random = new Random(`concord/cron/${name}`);
  const timezone = index % 2 === 0 ? 'Europe/Berlin' : null;
  const secret: Record<string, unknown> = index === 0 ? { mailboxPassword: 'kept by nobody' } : {};
  const id = uuidOf(`concord/trigger/${name}`);
  return [{ id, entryPoint: name, spec: random.pick(crons), timezone, arguments: secret }];
}

/** Beyond the company's own list an automation's name ends with a region and the number of a site. */
function regionOf({ name }: Automation, index: number): string {
  const own = automations[index % automations.length]?.name ?? '';
  return name.slice(own.length).replace(/\d+$/, '').trim();
}
