import { randomUUID } from 'node:crypto';
import type { ConflictMode } from '../../src/domain/import.ts';
import { packageOf as nupkgOf } from '../../src/platforms/uipath/nupkg.testing.ts';
import type { Gateway } from '../support/gateway.ts';
import { packageOf } from '../support/imports.ts';
import { smokeTest } from '../support/reads.ts';
import type { Arena } from './arena.ts';

/** A way to import that a platform has, and the connection by which it is gone: each has one, so that none waits for another. */
export interface ImportKind {
  readonly platform: string;
  readonly onConflict: ConflictMode;
  readonly lane: string;
  /** Configurations of OpenDataDSL that its file brings, each by a request of its own; one where nothing is said. */
  readonly brings?: number;
}

/** A form as it is uploaded. */
export interface UploadForm {
  readonly type: string;
  readonly body: Buffer;
}

/** An import that nothing else is like. */
export interface Subject extends ImportKind {
  readonly form: UploadForm;
  /** Stands in its request to the platform, in what that makes, and nowhere else. */
  readonly mark: string;
  /** The requests by which the platform is looked at for it. */
  readonly reads: RegExp;
  /** Whether what it brings stood before, as of somebody else's import. */
  readonly isSeeded: boolean;
}

type Json = Readonly<Record<string, unknown>>;

const modes: Readonly<Record<string, readonly ConflictMode[]>> = {
  frends: ['error', 'use-existing', 'new-version', 'new-active', 'new-inactive'],
  odsl: ['error', 'use-existing', 'new-version'],
  uipath: ['error', 'use-existing'],
};

/** Every mode of every platform that takes imports. */
export const importKinds: readonly ImportKind[] = Object.entries(modes).flatMap(([platform, own]) =>
  own.map((onConflict) => ({
    platform,
    onConflict,
    lane: onConflict === 'error' ? platform : `${platform}-${onConflict}`,
  })),
);

/** The lanes that are not a platform's own connection. */
export const importLanes: ReadonlyMap<string, string> = new Map(
  importKinds
    .filter(({ lane, platform }) => lane !== platform)
    .map(({ lane, platform }) => [lane, platform]),
);

/** Makes imports. */
export class Subjects {
  readonly #arena: Arena;
  /** A file of Frends with one process. */
  readonly #export: Json;
  /** Imports that somebody else has made past the gateway, so that these have something to meet. */
  readonly seeded = new Map<string, number>();

  private constructor(arena: Arena, file: Json) {
    this.#arena = arena;
    this.#export = file;
  }

  static async of(arena: Arena): Promise<Subjects> {
    const gateway: Gateway = await arena.gateway();
    const file = await packageOf(gateway, await smokeTest(gateway, 'frends'));
    return new Subjects(arena, JSON.parse(file.toString().replace(/^\uFEFF/, '')) as Json);
  }

  async make(kind: ImportKind): Promise<Subject> {
    if (kind.platform === 'frends') return this.#frends(kind);
    return kind.platform === 'odsl' ? this.#odsl(kind) : uipathOf(kind);
  }

  async #frends(kind: ImportKind): Promise<Subject> {
    const { onConflict } = kind;
    const mark = randomUUID();
    const [standing] = this.#export['Processes'] as readonly Json[];
    const process = { ...standing, UniqueIdentifier: mark, Name: `Crash ${mark}` };
    const file = (...Processes: readonly Json[]): Buffer =>
      Buffer.from(JSON.stringify({ ...this.#export, Processes }));
    const isSeeded = onConflict.startsWith('new-');
    if (isSeeded) {
      const before = file({ ...process, Bpmn: '<bpmn:definitions id="before" />' });
      const body = new FormData();
      body.set('importConflict', 'Error');
      body.set('file', new Blob([new Uint8Array(before)]), 'seed.json');
      await this.#seed('frends', '/api/v1/processes/batch-import', { body });
    }
    const brought = { ...process, Bpmn: `<bpmn:definitions id="${mark}" />` };
    const isMixed = onConflict === 'use-existing';
    const content = isMixed ? file(brought, standing ?? {}) : file(brought);
    const form = formOf(kind, content, 'export.json');
    const isWalk = onConflict === 'new-active' || onConflict === 'new-inactive';
    const reads = isWalk ? /\/api\/v1\/processes\?/ : new RegExp(mark);
    return { ...kind, form, mark, reads, isSeeded };
  }

  async #odsl(kind: ImportKind): Promise<Subject> {
    const { onConflict } = kind;
    const mark = `CRASH_${randomUUID().replaceAll('-', '_').toUpperCase()}`;
    const isSeeded = onConflict === 'new-version';
    if (isSeeded) {
      const body = JSON.stringify(configuration(mark, 'return 0'));
      await this.#seed('odsl', '/api/process/v1', {
        headers: { 'content-type': 'application/json' },
        body,
      });
    }
    const own = configuration(mark, 'return 1');
    const isMixed = onConflict === 'use-existing';
    const others = Array.from({ length: (kind.brings ?? 1) - 1 }, (_, at) =>
      configuration(`${mark}_${at + 2}`, 'return 1'),
    );
    if (isMixed) others.push(configuration('SMOKE_TEST', 'return 2'));
    const content = others.length > 0 ? [own, ...others] : own;
    const form = formOf(kind, Buffer.from(JSON.stringify(content)), 'configurations.json');
    return { ...kind, form, mark, reads: new RegExp(mark), isSeeded };
  }

  async #seed(
    platform: string,
    path: string,
    { headers = {}, body }: { headers?: Record<string, string>; body: FormData | string },
  ): Promise<void> {
    const answer = await fetch(`${this.#arena.stage.sandbox(platform).url}${path}`, {
      method: 'POST',
      headers: { ...headers, authorization: 'Bearer sandbox-token' },
      body,
    });
    if (!answer.ok) throw new Error(`${platform}: ${answer.status} ${await answer.text()}`);
    this.seeded.set(platform, (this.seeded.get(platform) ?? 0) + 1);
  }
}

function configuration(name: string, script: string): object {
  return { _id: name, name, service: 'ETL', script };
}

function uipathOf(kind: ImportKind): Subject {
  const mark = `Crash${randomUUID().replaceAll('-', '')}`;
  const form = formOf(kind, nupkgOf(mark, '1.0.0', mark), 'package.nupkg');
  return { ...kind, form, mark, reads: new RegExp(mark), isSeeded: false };
}

/** Written by hand: `FormData` takes longer to be written than an import to be accepted. */
function formOf({ lane, onConflict }: ImportKind, content: Buffer, fileName: string): UploadForm {
  const boundary = `crash-${randomUUID()}`;
  const begin = (name: string): string =>
    `--${boundary}\r\nContent-Disposition: form-data; name="${name}"`;
  const head = [
    `${begin('connection')}\r\n\r\n${lane}`,
    `${begin('onConflict')}\r\n\r\n${onConflict}`,
    `${begin('file')}; filename="${fileName}"\r\nContent-Type: application/octet-stream\r\n\r\n`,
  ].join('\r\n');
  const body = Buffer.concat([Buffer.from(head), content, Buffer.from(`\r\n--${boundary}--\r\n`)]);
  return { type: `multipart/form-data; boundary=${boundary}`, body };
}
