import type { ChangedItem, ChangeProblem } from '../../domain/change.ts';
import {
  isMakingNew,
  type ObservedImport,
  type Target,
  targetsOf,
} from './frends.import-evidence.ts';
import type { Made } from './frends.import-findings.ts';
import type { Found } from './frends.import-look.ts';

/** What an import will do. Numbers are the platform's to give, so those of new versions are not known yet. */
export function plannedItems(seen: ObservedImport): readonly ChangedItem[] {
  return targetsOf(seen).map((target) =>
    seen.onConflict === 'error' && target.stood !== null
      ? { ...itemOf(target), ...stoodIn(target), effect: 'conflict' }
      : makingOf(target),
  );
}

/** What an import has done; `problem` is that of what is open. */
export function doneItems(found: readonly Found[], problem: ChangeProblem): readonly ChangedItem[] {
  return found.map(({ target, finding }) => {
    if (finding.state !== 'done') return { ...itemOf(target), effect: 'failed', problem };
    const { made, doubt } = finding;
    const item = made === null ? makingOf(target) : { ...makingOf(target), ...madeIn(made) };
    return doubt === null ? item : { ...item, problem: { code: 'conflict', detail: doubt } };
  });
}

/** Nothing is left to be sent of it. */
export function isKept(seen: ObservedImport): boolean {
  return !isMakingNew(seen) && targetsOf(seen).every(({ role }) => role === 'kept');
}

function makingOf(target: Target): ChangedItem {
  const item = itemOf(target);
  if (target.role === 'kept') return { ...item, ...stoodIn(target), effect: 'kept' };
  const isNewVersion = target.role === 'own' && target.stood !== null;
  return { ...item, effect: isNewVersion ? 'new_version' : 'created' };
}

function itemOf({ guid, name }: Target): Omit<ChangedItem, 'effect'> {
  return {
    process: guid,
    name,
    version: null,
    versionId: null,
    deployment: null,
    problem: null,
  };
}

function stoodIn({ stood }: Target): Partial<ChangedItem> {
  return stood === null ? {} : { version: String(stood.version), versionId: String(stood.id) };
}

function madeIn({ guid, version, id }: Made): Partial<ChangedItem> {
  return { process: guid, version: String(version), versionId: String(id) };
}
