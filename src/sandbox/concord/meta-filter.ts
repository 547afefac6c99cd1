import { own } from '../kit/own.ts';
import { metaOf } from './entry.ts';
import { invalid } from './fault.ts';
import type { Run } from './state.ts';

/** Members of `meta` that the server itself puts there. */
const ownMembers: ReadonlySet<string> = new Set(['out', '_system', 'entryPoint']);

type Match = (run: Run) => boolean;
type Compare = (value: string, wanted: string) => boolean;

/** What a value is compared with as a text; `eq` alone knows texts from numbers. */
const comparisons: Readonly<Record<string, Compare>> = {
  contains: (value, wanted) => value.includes(wanted),
  notContains: (value, wanted) => !value.includes(wanted),
  startsWith: (value, wanted) => value.startsWith(wanted),
  notStartsWith: (value, wanted) => !value.startsWith(wanted),
  endsWith: (value, wanted) => value.endsWith(wanted),
  notEndsWith: (value, wanted) => !value.endsWith(wanted),
};

/** `meta.a.b.eq=x` is about the member `a.b`; without a comparison it is `contains`. */
export function metaFilters(query: URLSearchParams, now: number): Match[] {
  const filters = [...query].filter(([name]) => name.startsWith('meta.'));
  const scoped = ['projectName', 'projectId', 'parentInstanceId'].some((name) => query.has(name));
  if (filters.length > 0 && !scoped) {
    throw invalid(
      'Process metadata filters require a project name or an ID to be included in the query.',
    );
  }
  return filters.map(([name, wanted]) => metaFilter(name.slice('meta.'.length), wanted, now));
}

/** What a run has not is neither like anything nor unlike it; only `notEq` is true of it. */
function metaFilter(name: string, wanted: string, now: number): Match {
  const [, key = name, operator = 'contains'] =
    /^(.+)\.(eq|notEq|(?:notC|c)ontains|(?:notS|s)tartsWith|(?:notE|e)ndsWith)$/.exec(name) ?? [];
  if (operator === 'eq') return (run) => metaAt(run, key, now) === wanted;
  if (operator === 'notEq') return (run) => metaAt(run, key, now) !== wanted;
  return (run) => {
    const value = metaAt(run, key, now);
    if (value === undefined || value === null) return false;
    const text = typeof value === 'string' ? value : JSON.stringify(value);
    return own(comparisons, operator)?.(text, wanted) === true;
  };
}

function metaAt(run: Run, key: string, now: number): unknown {
  const given = own(run.meta, key);
  return given === undefined && ownMembers.has(key) ? own(metaOf(run, now), key) : given;
}
