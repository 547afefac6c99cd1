import { companyOf, smokeTest } from '../kit/company.ts';
import { daysAgo } from '../kit/history.ts';
import { Random, uuidOf } from '../kit/random.ts';

/** A stored version of a process configuration. */
export interface StoredProcess {
  readonly _id: string;
  readonly _type: 'VarProcess';
  readonly _version: number;
  readonly _timestamp: string;
  readonly _user: string;
  readonly [field: string]: unknown;
}

/** One process: its versions, oldest first, and which version each tag points at. */
export interface Element {
  key: string;
  versions: StoredProcess[];
  tags: Record<string, number>;
}

/** A run that was asked for; how far it is follows from the clock. */
export interface Execution {
  readonly _id: string;
  readonly name: string;
  readonly service: string;
  readonly environment: string;
  readonly trigger: 'scheduled' | 'manual' | 'subscription';
  readonly reason: string | null;
  readonly startMs: number;
  readonly durationMs: number;
  readonly fails: boolean;
  readonly input: Readonly<Record<string, unknown>>;
}

/** An entry of the audit trail. */
export interface AuditEntry {
  readonly _id: string;
  readonly service: 'process';
  readonly id: string;
  readonly action: 'create' | 'update' | 'delete';
  readonly version: number;
  readonly reason: string | null;
  readonly user: string;
  readonly timestamp: string;
  readonly status: number;
}

/** What one data environment holds. */
export interface Environment {
  elements: Record<string, Element>;
  executions: Execution[];
  audit: AuditEntry[];
}

/** Everything the tenant holds, by environment. */
export interface OdslState {
  environments: Record<string, Environment>;
}

const firstSave = Date.UTC(2026, 0, 12, 6, 30);
const hourMs = 3_600_000;
const workflows = ['#wf_xml_data_loader', '#wf_csv_data_loader', '#wf_json_data_loader'] as const;
const crons = [
  '25 12 ? * MON-FRI *',
  '0/15 * * * ? *',
  '30 06 ? * * * EU1',
  '00 02 1 * ? * UTC',
] as const;
/** Runs are seeded for so many processes, the first ones. */
const processesWithRuns = 6;
const runsEach = 3;
const services = ['ETL', 'REPORT', 'QUALITY'] as const;

/** `Smoke test` → `SMOKE_TEST`: ids of process configurations are written so. */
function idOf(name: string): string {
  return name
    .toUpperCase()
    .replace(/[^A-Z0-9]+/g, '_')
    .replace(/_+$/, '');
}

/** The tenant of the company: production full, `uat` with the first five. */
export function seedOdsl(size: number): OdslState {
  const automations = [smokeTest, ...companyOf(size - 1)];
  const production = automations.map((automation, index) => elementOf(automation, index));
  const uat = automations.slice(0, 5).map((automation, index) => elementOf(automation, index));
  const environments = { production: environmentOf(production), uat: environmentOf(uat) };
  const history = production.slice(0, processesWithRuns).flatMap(historyOf);
  environments.production.executions.push(...history.sort((a, b) => a.startMs - b.startMs));
  return { environments };
}

/** An environment nobody has used yet. */
export function environmentOf(elements: readonly Element[]): Environment {
  return {
    elements: Object.fromEntries(elements.map((element) => [element.key, element])),
    executions: [],
    audit: [],
  };
}

/** What the scheduler ran in the days before. */
function historyOf({ key, versions }: Element): Execution[] {
  const newest = versions.at(-1);
  return Array.from({ length: runsEach }, (_, at): Execution => {
    const random = new Random(`odsl/history/${key}/${at}`);
    return {
      _id: uuidOf(`odsl/run/${key}/${at}`),
      name: key,
      service: String(newest?.['service']),
      environment: 'production',
      trigger: 'scheduled',
      reason: null,
      startMs: daysAgo(5 - at) + random.int(0, 3_600) * 1_000,
      durationMs: random.int(2_000, 60_000),
      fails: at === 1 && random.int(0, 2) === 0,
      input: (newest?.['input'] ?? {}) as Execution['input'],
    };
  });
}

function elementOf(
  automation: { name: string; department: string; description: string },
  index: number,
): Element {
  const key = idOf(automation.name);
  const random = new Random(`odsl/${key}`);
  const isSmokeTest = automation === smokeTest;
  const count = isSmokeTest ? 1 : index % 7 === 3 ? random.int(12, 25) : random.int(1, 4);
  const body = isSmokeTest ? smokeBody() : bodyOf(automation, random, index);
  const versions = Array.from({ length: count }, (_, at): StoredProcess => {
    const current = at === count - 1;
    return {
      _id: current ? key : uuidOf(`odsl/${key}/${at}`).replaceAll('-', '').slice(0, 24),
      _type: 'VarProcess',
      name: automation.name,
      description: automation.description,
      ...body,
      _version: at + 1,
      _timestamp: new Date(firstSave + (index * 5 + at * 31) * hourMs).toISOString(),
      _user: random.pick(['dana.fischer@example.com', 'li.wei@example.com', 'ops@example.com']),
      _oid: uuidOf(`odsl/${key}`),
    };
  });
  return { key, versions, tags: count > 2 ? { PROD: count - 1 } : {} };
}

function smokeBody(): Record<string, unknown> {
  return { service: 'QUALITY', script: 'SmokeTest', enabled: true, tags: ['smoke', 'platform'] };
}

function bodyOf(
  automation: { name: string; department: string },
  random: Random,
  index: number,
): Record<string, unknown> {
  const scheduled = index % 3 !== 1;
  return {
    service: random.pick(services),
    workflow: random.pick(workflows),
    ...(scheduled ? { cron: random.pick(crons) } : {}),
    enabled: index % 6 !== 5,
    environment: 'production',
    processType: random.pick(['Ristretto', 'Lungo']),
    input: {
      url: `https://data.example.com/${idOf(automation.name).toLowerCase()}.xml`,
      batchSize: random.int(1, 10) * 100,
      dryRun: false,
    },
    properties: { owner: automation.department, costCentre: `CC-${random.int(1000, 9999)}` },
    settings: { retries: random.int(0, 3) },
    tags: [automation.department.toLowerCase(), random.pick(['daily', 'weekly', 'on-demand'])],
  };
}
