import { own, setOwn } from '../kit/own.ts';
import type { Store } from '../kit/store.ts';
import { OdslFault } from './fault.ts';
import {
  type AuditEntry,
  type Element,
  environmentOf,
  type Environment,
  type OdslState,
  type StoredProcess,
} from './state.ts';
import { uuidOf } from '../kit/random.ts';

const user = 'sandbox@example.com';
const serverFields = ['_oid', '_version', '_timestamp', '_user', '_tag'];

/** The process service of one environment: versions, tags, rollback. */
export class ProcessService {
  readonly #store: Store<OdslState>;
  readonly environmentName: string;

  constructor(store: Store<OdslState>, environment: string) {
    this.#store = store;
    this.environmentName = environment;
  }

  get environment(): Environment {
    const { environments } = this.#store.state;
    const found = own(environments, this.environmentName) ?? environmentOf([]);
    setOwn(environments, this.environmentName, found);
    return found;
  }

  currents(): StoredProcess[] {
    return Object.values(this.environment.elements).map((element) =>
      shown(element, latest(element)),
    );
  }

  /** `version` is a number, a tag or `~LATEST`. */
  find(key: string, version: string | null): StoredProcess {
    const element = this.#element(key);
    const wanted =
      version === null || version === '~LATEST' ? latest(element) : versionOf(element, version);
    if (wanted === undefined)
      throw new OdslFault(404, 4004, `Not Found: ${key} has no version ${String(version)}`);
    return shown(element, wanted);
  }

  versions(key: string): Record<string, unknown>[] {
    const element = this.#element(key);
    return element.versions.toReversed().map((each) => ({
      id: each._id,
      tags: tagsOf(element, each._version),
      timestamp: each._timestamp,
      type: 'VarProcess',
      user: each._user,
      version: String(each._version),
    }));
  }

  /** Creates or updates; saving what is there already makes no version. */
  save(body: Readonly<Record<string, unknown>>, reason: string | null): StoredProcess {
    const key = body['_id'] ?? body['name'];
    if (typeof key !== 'string' || key === '')
      throw new OdslFault(400, 5001, 'Missing Parameter: name');
    const fields = Object.fromEntries(
      Object.entries(body).filter(([field]) => !serverFields.includes(field)),
    );
    const { elements } = this.environment;
    const element = own(elements, key) ?? { key, versions: [], tags: {} };
    setOwn(elements, key, element);
    const before = element.versions.at(-1);
    const content = { ...fields, _id: key, _type: 'VarProcess' } as const;
    if (before !== undefined && sameContent(before, content)) return shown(element, before);
    const saved: StoredProcess = {
      ...content,
      _version: (before?._version ?? 0) + 1,
      _timestamp: new Date().toISOString(),
      _user: user,
    };
    this.#archive(element);
    element.versions.push(saved);
    this.#done('process.saved', key, reason, { version: saved._version });
    return shown(element, saved);
  }

  rename(key: string, newKey: string): StoredProcess {
    const { elements } = this.environment;
    if (own(elements, newKey) !== undefined)
      throw new OdslFault(400, 5005, `Update Error: ${newKey} exists already`);
    const element = this.#element(key);
    const current = latest(element);
    Reflect.deleteProperty(elements, key);
    element.key = newKey;
    element.versions[element.versions.length - 1] = { ...current, _id: newKey };
    setOwn(elements, newKey, element);
    this.#done('process.renamed', key, null, { newKey });
    return shown(element, latest(element));
  }

  tag(key: string, version: string, tag: string): void {
    const element = this.#element(key);
    const found = versionOf(element, version);
    if (found === undefined)
      throw new OdslFault(404, 4004, `Not Found: ${key} has no version ${version}`);
    setOwn(element.tags, tag, found._version);
    this.#done('process.tagged', key, null, { version: found._version, tag });
  }

  /** Pops the newest version; the sole one takes the process with it. */
  rollback(key: string, reason: string | null): void {
    const element = this.#element(key);
    this.#remove(element, latest(element)._version);
    this.#done('process.rolledBack', key, reason, { left: element.versions.length });
  }

  deleteVersion(key: string, version: string, reason: string | null): void {
    const element = this.#element(key);
    const found = versionOf(element, version);
    if (found === undefined)
      throw new OdslFault(404, 4004, `Not Found: ${key} has no version ${version}`);
    this.#remove(element, found._version);
    this.#done('process.versionDeleted', key, reason, { version: found._version });
  }

  deleteAll(key: string, reason: string | null): void {
    this.#element(key);
    Reflect.deleteProperty(this.environment.elements, key);
    this.#done('process.deleted', key, reason, {});
  }

  #element(key: string): Element {
    const element = own(this.environment.elements, key);
    if (element === undefined)
      throw new OdslFault(404, 4004, `Not Found: there is no process ${key}`);
    return element;
  }

  /** Only the current version bears the process's name as its id. */
  #archive(element: Element): void {
    const at = element.versions.length - 1;
    const current = element.versions[at];
    if (current === undefined) return;
    const _id = uuidOf(`odsl/${element.key}/${at}`).replaceAll('-', '').slice(0, 24);
    element.versions[at] = { ...current, _id };
  }

  #remove(element: Element, version: number): void {
    element.versions = element.versions.filter((each) => each._version !== version);
    for (const [tag, at] of Object.entries(element.tags)) {
      if (at === version) Reflect.deleteProperty(element.tags, tag);
    }
    const last = element.versions.at(-1);
    if (last === undefined) Reflect.deleteProperty(this.environment.elements, element.key);
    else element.versions[element.versions.length - 1] = { ...last, _id: element.key };
  }

  #done(effect: string, id: string, reason: string | null, details: Record<string, unknown>): void {
    const timestamp = new Date().toISOString();
    const { audit } = this.environment;
    audit.push({
      _id: uuidOf(`odsl/audit/${this.environmentName}/${audit.length}`)
        .replaceAll('-', '')
        .slice(0, 24),
      service: 'process',
      id,
      action: actionOf(effect, details),
      version: Number(details['version'] ?? 0),
      reason,
      user,
      timestamp,
      status: 200,
    });
    this.#store.record(effect, { id, environment: this.environmentName, reason, ...details });
  }
}

/** What the audit trail calls it. */
function actionOf(effect: string, { version }: Record<string, unknown>): AuditEntry['action'] {
  if (/deleted|rolledBack/i.test(effect)) return 'delete';
  return effect === 'process.saved' && version === 1 ? 'create' : 'update';
}

function latest(element: Element): StoredProcess {
  const found = element.versions.at(-1);
  if (found === undefined)
    throw new OdslFault(404, 4004, `Not Found: ${element.key} has no versions`);
  return found;
}

function versionOf(element: Element, version: string): StoredProcess | undefined {
  const number = own(element.tags, version) ?? Number(version);
  return element.versions.find((each) => each._version === number);
}

function tagsOf(element: Element, version: number): string[] {
  return Object.keys(element.tags).filter((tag) => own(element.tags, tag) === version);
}

function shown(element: Element, version: StoredProcess): StoredProcess {
  const tags = tagsOf(element, version._version);
  return tags.length === 0 ? version : { ...version, _tag: tags };
}

function sameContent(
  a: Readonly<Record<string, unknown>>,
  b: Readonly<Record<string, unknown>>,
): boolean {
  const content = (item: Readonly<Record<string, unknown>>): string =>
    JSON.stringify(
      Object.entries(item)
        .filter(([field]) => !serverFields.includes(field))
        .sort(),
    );
  return content(a) === content(b);
}
