import { type Automation, smokeTest } from '../kit/company.ts';
import { Random, uuidOf } from '../kit/random.ts';
import {
  dotNetDate,
  type Parameter,
  type StoredVersion,
  type Trigger,
  type Variable,
} from './state.ts';

const firstSave = Date.UTC(2025, 8, 1, 6, 30);
const hourMs = 3_600_000;
const yearMs = 8_760 * hourMs;

const modifiers = [
  'anna.virtanen@example.com',
  'mikko.laine@example.com',
  'ops@example.com',
] as const;
const changes = [
  'Retries on timeouts',
  'New field mapping',
  'Logs the batch id',
  'Fixes time zone',
] as const;

/** A version before its id is known. */
export type Unnumbered = Omit<StoredVersion, 'id'>;

/** The identity of a seeded process. */
export function guidOf(name: string): string {
  return uuidOf(`frends/${name}`);
}

/** Deleted processes, older than all others, one of them with more versions than a page of the default size holds. */
export function removedOf(size: number): Unnumbered[] {
  const names = ['Legacy FTP poller', 'Fax gateway', 'Order import (old)'];
  const more = Array.from(
    { length: Math.floor(size / 20) },
    (_, index) => `Retired flow ${index + 1}`,
  );
  return [...names, ...more].flatMap((name, index) => {
    const count = index === 0 ? 40 : 2;
    const automation = { name, department: 'IT', description: 'No longer in use.' };
    return Array.from({ length: count }, (_, at) => ({
      ...versionOf(automation, index + 1, at, count),
      modified: dotNetDate(firstSave - yearMs + (index + at) * hourMs),
      isDeleted: true,
    }));
  });
}

/** The versions of one automation, oldest first. */
export function versionsOf(automation: Automation, index: number): Unnumbered[] {
  const random = new Random(`frends/${automation.name}`);
  const few = index < 100 ? random.int(1, 4) : random.int(1, 2);
  const count =
    automation === smokeTest ? 1 : index % 7 === 3 && index < 100 ? random.int(12, 25) : few;
  return Array.from({ length: count }, (_, at) => versionOf(automation, index, at, count));
}

function versionOf(automation: Automation, index: number, at: number, count: number): Unnumbered {
  const random = new Random(`frends/${automation.name}/${at}`);
  const isSmokeTest = automation === smokeTest;
  const isSubprocess = !isSmokeTest && index % 8 === 5;
  const modifiedMs = firstSave + ((index % 200) * 7 + at * 41) * hourMs + random.int(0, 3_599_999);
  return {
    guid: guidOf(automation.name),
    version: at + 1,
    majorVersion: at >= 10 ? 1 : 0,
    minorVersion: (at % 10) + 1,
    name: automation.name,
    description: automation.description,
    changeDescription: at === 0 ? null : random.pick(changes),
    modified: dotNetDate(modifiedMs),
    modifier: random.pick(modifiers),
    isDeleted: false,
    isNotLatestVersion: at < count - 1,
    isDraft: false,
    draftId: null,
    idOfBaseProcessForDraft: null,
    isSubprocess,
    isForMonitoringRule: index === 10,
    isTemplated: index % 5 === 2,
    targetFramework: isFramework(index) ? 'net471' : 'net8.0',
    frendsVersion: '6.3.2.5468',
    variables: index % 4 === 2 ? variablesOf(automation.name) : [],
    parameters: index % 3 === 0 && !isSmokeTest ? parametersOf(automation.name) : [],
    triggers: isSubprocess ? [] : triggersOf(index, random),
    imported: null,
  };
}

/** The few that still run on .NET Framework. */
export function isFramework(index: number): boolean {
  return index % 11 === 9;
}

function secretOf(name: string): string {
  return `frends-secret-${guidOf(name).slice(0, 8)}`;
}

function variablesOf(name: string): Variable[] {
  const common = { mode: 'Text', description: null };
  return [
    { ...common, name: 'ApiBaseUrl', value: 'https://erp.example.com/api', isSecret: false },
    { ...common, name: 'ApiKey', value: secretOf(name), isSecret: true },
  ];
}

function parametersOf(name: string): Parameter[] {
  return [
    { name: 'since', description: 'Day to begin with', defaultValue: '', isSecret: false },
    { name: 'dryRun', description: 'Only report', defaultValue: 'false', isSecret: false },
    {
      name: 'mailPassword',
      description: 'Of the sender',
      defaultValue: secretOf(name),
      isSecret: true,
    },
  ];
}

function triggersOf(index: number, random: Random): Trigger[] {
  const manual = { $type: 'ManualTrigger', name: 'Manual', id: 'StartEvent_1', config: {} };
  if (index === 0) return [manual];
  if (index % 3 === 1) {
    const config = { routeTemplate: `api/flows/v1/${index}`, httpMethod: 'POST', isPrivate: true };
    return [manual, { $type: 'HttpApiTrigger', name: 'API', id: 'StartEvent_2', config }];
  }
  const config = {
    startTimeHour: random.int(0, 23),
    startTimeMinute: random.pick([0, 15, 30]),
    recurring: true,
    repeatDelay: random.pick([5, 15, 60]),
    repeatDelayType: 'Minutes',
    cycleType: random.pick(['Daily', 'Weekly', 'Monthly']),
    cycleRecurEvery: 1,
    cycleDaysOfWeek: ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday'],
    timeZone: 'Europe/Helsinki',
    limitToOneConcurrentExecution: true,
  };
  return [manual, { $type: 'ScheduleTrigger', name: 'Schedule', id: 'StartEvent_2', config }];
}
