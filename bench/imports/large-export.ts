/** A file that is made while it is sent: none of it is held but one process. */
interface LargeExport {
  /** In bytes. */
  readonly length: number;
  /** How many processes it has. */
  readonly count: number;
  pieces(): Generator<Buffer>;
}

const begin = Buffer.from('\uFEFF{"Processes":[');
const end = Buffer.from('],"LinkedTasks":{},"LinkedSubProcess":{},"Version":"Acc41"}');

/** What tells a process from the others of its file, always as long. */
function head(at: number): Buffer {
  const number = String(at).padStart(8, '0');
  const guid = `b0000000-0000-4000-8000-0000${number}`;
  const comma = at === 0 ? ' ' : ',';
  return Buffer.from(`${comma}{"UniqueIdentifier":"${guid}","Name":"Bench ${number}",`);
}

/** The rest of every process: a drawing as long as it takes, with what has to be escaped in it. */
function restOf(bytes: number): Buffer {
  const task =
    '    <bpmn:serviceTask id="Activity_1" name="Fetch &amp; validate"><bpmn:incoming>Flow_1</bpmn:incoming><bpmn:outgoing>Flow_2</bpmn:outgoing></bpmn:serviceTask>\n';
  const members = (tasks: number): Buffer =>
    Buffer.from(
      JSON.stringify({
        Modified: '2026-11-02T08:15:00',
        Modifier: 'bench@example.com',
        Tags: [],
        Description: 'Made for a bench',
        Version: 1,
        MajorVersion: 1,
        MinorVersion: 0,
        Bpmn: `<?xml version="1.0" encoding="UTF-8"?>\n${task.repeat(tasks)}`,
        ElementParameters: '[]',
        TriggersJson: '[]',
        ManualTriggerJson: '[]',
        ProcessVariablesJson: '[]',
        TargetFramework: 'net8.0',
        IsSubprocess: false,
        IsForMonitoringRule: false,
      }).slice(1),
    );
  const bare = members(0).length + head(0).length;
  const perTask = members(1).length - members(0).length;
  return members(Math.max(Math.round((bytes - bare) / perTask), 0));
}

/** An export of Frends of about so many bytes, in processes of about `processBytes`. */
export function largeExport(bytes: number, processBytes: number): LargeExport {
  const rest = restOf(processBytes);
  const each = head(0).length + rest.length;
  const count = Math.max(Math.round((bytes - begin.length - end.length) / each), 1);
  return {
    length: begin.length + count * each + end.length,
    count,
    *pieces() {
      yield begin;
      for (let at = 0; at < count; at += 1) {
        yield head(at);
        yield rest;
      }
      yield end;
    },
  };
}
