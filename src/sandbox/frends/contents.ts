import { uuidOf } from '../kit/random.ts';
import type { Parameter, StoredVersion, Trigger, Variable } from './state.ts';

/** The tasks that the tenant has; an import that names another cannot be compiled. */
export const tenantTasks = ['HttpRequest', 'SqlQuery', 'SftpTransfer', 'SendMail'].map((name) => ({
  name,
  guid: uuidOf(`frends/task/${name}`),
}));

/** The heavy members of a version, as an answer has them. */
export function heavyMembers(version: StoredVersion): Readonly<Record<string, unknown>> {
  return {
    bpmn: bpmnOf(version),
    elementParameters: elementsOf(version).map((element) => ({
      id: element.Id,
      type: element.Type === 0 ? 'Start' : element.Type === 5 ? 'Return' : 'Task',
      parameters: element.Parameters,
      selectedTypeId: element.SelectedTypeId,
      promoteResultAs: null,
      name: element.Name,
      description: null,
      isDefault: false,
      shouldRetry: element.Type === 1,
      maxRetryCount: element.Type === 1 ? 3 : 0,
      shouldNotLogResult: false,
      shouldDispose: false,
    })),
    manualTrigger: manualTriggerOf(version.parameters),
    triggerData: version.triggers.map(triggerOf),
    graphData: {
      shapes: stepsOf(version).map((name, index) => ({ name, x: 160 * index, y: 120 })),
    },
    obsoleteTasks: [],
    processTemplate: version.isTemplated ? templateOf(version, 1) : null,
    nextProcessTemplate: version.isTemplated ? templateOf(version, 2) : null,
  };
}

const verbs = ['Fetch', 'Validate', 'Map', 'Enrich', 'Store', 'Report'] as const;

/** A number from 0 to 15 that belongs to a process: hashing anew for every shape of every answer would be slow. */
function digitOf(guid: string, at: number): number {
  return Number.parseInt(guid.charAt(at), 16);
}

function stepsOf({ guid, name }: StoredVersion): string[] {
  const count = 3 + (digitOf(guid, 0) % 4);
  return verbs.slice(0, count).map((verb) => `${verb} ${name.toLowerCase()}`);
}

/** The drawing of a process: one task after the other. */
export function bpmnOf(version: StoredVersion): string {
  if (version.imported !== null) return version.imported.bpmn;
  const steps = stepsOf(version);
  const tasks = steps.map(
    (name, index) =>
      `    <bpmn:serviceTask id="Activity_${index}" name="${escaped(name)}"><bpmn:incoming>Flow_${index}</bpmn:incoming><bpmn:outgoing>Flow_${index + 1}</bpmn:outgoing></bpmn:serviceTask>`,
  );
  const flows = Array.from({ length: steps.length + 1 }, (_, index) => {
    const from = index === 0 ? 'StartEvent_1' : `Activity_${index - 1}`;
    const to = index === steps.length ? 'EndEvent_1' : `Activity_${index}`;
    return `    <bpmn:sequenceFlow id="Flow_${index}" sourceRef="${from}" targetRef="${to}" />`;
  });
  const shapes = steps.map(
    (_, index) =>
      `      <bpmndi:BPMNShape id="Activity_${index}_di" bpmnElement="Activity_${index}"><dc:Bounds x="${260 + index * 160}" y="80" width="100" height="80" /></bpmndi:BPMNShape>`,
  );
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    '<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:bpmndi="http://www.omg.org/spec/BPMN/20100524/DI" xmlns:dc="http://www.omg.org/spec/DD/20100524/DC" targetNamespace="http://bpmn.io/schema/bpmn">',
    '  <bpmn:process id="Process_1" isExecutable="true">',
    '    <bpmn:startEvent id="StartEvent_1"><bpmn:outgoing>Flow_0</bpmn:outgoing></bpmn:startEvent>',
    ...tasks,
    `    <bpmn:endEvent id="EndEvent_1"><bpmn:incoming>Flow_${steps.length}</bpmn:incoming></bpmn:endEvent>`,
    ...flows,
    '  </bpmn:process>',
    '  <bpmndi:BPMNDiagram id="Diagram_1">',
    '    <bpmndi:BPMNPlane id="Plane_1" bpmnElement="Process_1">',
    ...shapes,
    '    </bpmndi:BPMNPlane>',
    '  </bpmndi:BPMNDiagram>',
    '</bpmn:definitions>',
  ].join('\n');
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
}

interface Element {
  readonly Id: string;
  /** 0 a start, 1 a task, 5 a return. */
  readonly Type: number;
  readonly Name: string;
  readonly SelectedTypeId: string;
  readonly Parameters: Readonly<Record<string, unknown>>;
}

/** What the shapes of a process do. */
export function elementsOf(version: StoredVersion): Element[] {
  const start = {
    Id: 'StartEvent_1',
    Type: 0,
    Name: 'Manual',
    SelectedTypeId: 'ManualTrigger',
    Parameters: positionalDefaults(version.parameters),
  };
  const tasks = stepsOf(version).map((name, index) => ({
    Id: `Activity_${index}`,
    Type: 1,
    Name: name,
    SelectedTypeId: `/ProcessTask/${tenantTasks[digitOf(version.guid, index) % tenantTasks.length]?.guid ?? ''}/v1`,
    Parameters: {
      input: { Url: { mode: 'text', value: '{{#env.ERP.baseUrl}}/items' } },
      options: { ThrowErrorOnFailure: { mode: 'toggle', value: true } },
    },
  }));
  const end = {
    Id: 'EndEvent_1',
    Type: 5,
    Name: 'Return',
    SelectedTypeId: 'Return',
    Parameters: { expression: { mode: 'text', value: '{{#result[Store]}}' } },
  };
  return [start, ...tasks, end];
}

function positionalDefaults(parameters: readonly Parameter[]): Record<string, string> {
  const defaults = parameters.map((each, index) => [
    `manualTriggerDefaultValue-${index}`,
    each.defaultValue,
  ]);
  return Object.fromEntries(defaults) as Record<string, string>;
}

/** The definitions of a manual run's parameters. */
export function manualTriggerOf(parameters: readonly Parameter[]): object[] {
  return parameters.map(({ name, description, defaultValue, isSecret }) => ({
    type: 'System.String',
    inputType: isSecret ? 'password' : 'text',
    parameterType: 'TextParameter',
    name,
    description,
    isSecret,
    defaultValue,
    nonStringifiedDefaultValue: defaultValue,
  }));
}

/** A trigger as both answers and files have it. */
export function triggerOf(trigger: Trigger): object {
  return { ...trigger, shouldNotLogParameters: null };
}

/** The template that a process was made from, in an older and a newer version. */
function templateOf(version: StoredVersion, templateVersion: number): object {
  const variables: Variable[] = [
    {
      name: 'ApiKey',
      value: 'frends-secret-template',
      isSecret: true,
      mode: 'Text',
      description: null,
    },
  ];
  return {
    id: 70 + templateVersion,
    name: 'Scheduled transfer',
    modifier: 'ops@example.com',
    modified: '2025-06-02T08:00:00Z',
    majorVersion: 1,
    minorVersion: templateVersion,
    targetFramework: version.targetFramework,
    frendsVersion: version.frendsVersion,
    isSubprocess: false,
    isForMonitoringRule: false,
    cancellationDisabled: false,
    description: 'Fetches, maps and stores on a schedule.',
    changeDescription: null,
    bpmn: bpmnOf(version),
    elementParameters: JSON.stringify(elementsOf(version)),
    usedSubprocessesJson: '{}',
    usedTasksJson: '[]',
    triggersJson: JSON.stringify(version.triggers.map(triggerOf)),
    manualTriggerJson: JSON.stringify(manualTriggerOf(version.parameters)),
    uniqueIdentifier: uuidOf('frends/template/Scheduled transfer'),
    isListed: true,
    version: templateVersion,
    isDeleted: false,
    processVariablesJson: JSON.stringify(
      variables.map(({ name, value, isSecret, mode }) => ({
        Name: name,
        Value: value,
        IsSecret: isSecret,
        Mode: mode,
      })),
    ),
    processTags: '',
    templateTags: ['transfer'],
  };
}
