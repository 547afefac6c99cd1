import { bpmnOf, elementsOf, manualTriggerOf, tenantTasks, triggerOf } from './contents.ts';
import type { FrendsState, StoredVersion, Variable } from './state.ts';

const byteOrderMark = '\uFEFF';

/** The export of some versions: JSON in Pascal case behind a byte order mark, with JSON in strings inside. */
export function exportFile(state: FrendsState, versions: readonly StoredVersion[]): Buffer {
  const file = {
    Processes: versions.map((version) => exported(state, version)),
    LinkedTasks: Object.fromEntries(tenantTasks.map(({ guid, name }) => [guid, { Name: name }])),
    LinkedSubProcess: {},
    Version: 'Acc41',
  };
  return Buffer.from(`${byteOrderMark}${JSON.stringify(file, null, 2)}`);
}

function exported(state: FrendsState, version: StoredVersion): object {
  const elements = version.imported?.elementParameters ?? JSON.stringify(elementsOf(version));
  return {
    Name: version.name,
    Modified: version.modified,
    Modifier: version.modifier,
    Tags: state.tags[version.guid] ?? [],
    Description: version.description,
    Version: version.version,
    MajorVersion: version.majorVersion,
    MinorVersion: version.minorVersion,
    UniqueIdentifier: version.guid,
    Bpmn: bpmnOf(version),
    ElementParameters: elements,
    TriggersJson: JSON.stringify(version.triggers.map(triggerOf)),
    ManualTriggerJson: JSON.stringify(manualTriggerOf(version.parameters)),
    UsedTasksJson: JSON.stringify(usedTasks(elements)),
    ProcessVariablesJson: JSON.stringify(version.variables.map(pascal)),
    TargetFramework: version.targetFramework,
    FrendsVersion: version.frendsVersion,
    IsSubprocess: version.isSubprocess,
    IsForMonitoringRule: version.isForMonitoringRule,
    RequiredEnvironmentVariables: ['ERP.baseUrl'],
  };
}

/** The tasks that some elements call, as `/ProcessTask/{guid}/v1`. */
export function usedTasks(elements: string): string[] {
  return [...new Set(elements.match(/\/ProcessTask\/[\da-f-]{36}\/v\d+/gi))];
}

function pascal({ name, value, isSecret, mode, description }: Variable): object {
  return { Name: name, Value: value, IsSecret: isSecret, Mode: mode, Description: description };
}
