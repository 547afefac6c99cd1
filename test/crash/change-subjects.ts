import { randomUUID } from 'node:crypto';
import { at, get } from '../support/http.ts';
import { smokeTest } from '../support/reads.ts';
import type { Arena } from './arena.ts';
import type { Subjects } from './import-subjects.ts';

/** What is changed, and how. */
export const changeKinds = ['put', 'delete', 'deploy-frends', 'deploy-uipath', 'batch'] as const;
export type ChangeKind = (typeof changeKinds)[number];

/** What a change does to one thing. */
interface Effect {
  readonly platform: string;
  readonly name: string;
  /** Stands in its request to the platform or in the answer, and in the platform's ledger. */
  readonly mark: string;
  /** How often that had come about before it. */
  readonly before: number;
}

/** A change that nothing else is like. */
export interface ChangeSubject {
  readonly kind: ChangeKind;
  readonly platform: string;
  readonly request: {
    readonly method: string;
    readonly path: string;
    readonly body: object | null;
  };
  /** One of each operation that it becomes, in their order. */
  readonly effects: readonly [Effect, ...Effect[]];
}

interface Smoke {
  readonly uipath: string;
  /** An agent group of Frends. */
  readonly target: string;
}

/** Makes changes, and what they are about. */
export class ChangeSubjects {
  readonly #subjects: Subjects;
  readonly #smoke: Smoke;

  private constructor(subjects: Subjects, smoke: Smoke) {
    this.#subjects = subjects;
    this.#smoke = smoke;
  }

  static async of(arena: Arena, subjects: Subjects): Promise<ChangeSubjects> {
    const gateway = await arena.gateway();
    const path = '/v1/connections/frends/targets';
    const { body } = await get<{ data: readonly { readonly id: string }[] }>(gateway, path);
    const [target] = body.data;
    if (target === undefined) throw new Error('Frends has no agent group');
    const uipath = await smokeTest(gateway, 'uipath');
    return new ChangeSubjects(subjects, { uipath, target: target.id });
  }

  async make(kind: ChangeKind): Promise<ChangeSubject> {
    if (kind === 'deploy-uipath') return this.#uipath(kind);
    if (kind === 'deploy-frends') return this.#frends(kind);
    const first = await this.#standing('odsl');
    const path = at(`odsl:${first}`);
    const platform = 'odsl';
    if (kind === 'delete')
      return {
        kind,
        platform,
        request: { method: 'DELETE', path, body: null },
        effects: [{ platform, name: 'process.deleted', mark: first, before: 0 }],
      };
    const saved = (mark: string): Effect => ({ platform, name: 'process.saved', mark, before: 1 });
    if (kind === 'put')
      return {
        kind,
        platform,
        request: { method: 'PUT', path, body: configuration },
        effects: [saved(first)],
      };
    const second = await this.#standing('odsl');
    const items = [first, second].map((key) => ({
      op: 'put',
      id: `odsl:${key}`,
      body: configuration,
    }));
    return {
      kind,
      platform,
      request: { method: 'POST', path: '/v1/processes/batch', body: { items } },
      effects: [saved(first), saved(second)],
    };
  }

  async #frends(kind: ChangeKind): Promise<ChangeSubject> {
    const platform = 'frends';
    const mark = await this.#standing(platform);
    const body = { version: 'latest', target: this.#smoke.target };
    return {
      kind,
      platform,
      request: { method: 'POST', path: at(`frends:${mark}`, '/deployments'), body },
      effects: [{ platform, name: 'deployment.created', mark, before: 0 }],
    };
  }

  #uipath(kind: ChangeKind): ChangeSubject {
    const platform = 'uipath';
    const mark = `Crash ${randomUUID()}`;
    const body = { version: 'latest', name: mark };
    return {
      kind,
      platform,
      request: { method: 'POST', path: at(this.#smoke.uipath, '/deployments'), body },
      effects: [{ platform, name: 'release.created', mark, before: 0 }],
    };
  }

  /** The key of a process that somebody else has made past the gateway. */
  async #standing(platform: string): Promise<string> {
    const { mark } = await this.#subjects.make({
      platform,
      onConflict: 'new-version',
      lane: platform,
    });
    return mark;
  }
}

const configuration = { service: 'ETL', script: 'return 3' };

/** What changes do, and the platform whose ledger has it. */
export const effectNames: ReadonlyMap<string, string> = new Map([
  ['process.saved', 'odsl'],
  ['process.deleted', 'odsl'],
  ['deployment.created', 'frends'],
  ['release.created', 'uipath'],
]);

/** How often each operation of a change has really taken effect, by the ledger of its platform. */
export function effectsOf({ stage }: Arena, { effects }: ChangeSubject): readonly number[] {
  return effects.map(({ platform, name, mark, before }) => {
    const ledger = stage.sandbox(platform).ledger();
    const own = ledger.filter(
      ({ effect, details }) => effect === name && JSON.stringify(details).includes(mark),
    );
    return own.length - before;
  });
}
