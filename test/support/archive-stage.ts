import { afterAll, afterEach, beforeAll, beforeEach } from '@jest/globals';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Run } from '../../src/domain/run.ts';
import type { Problem } from '../../src/http/problem.ts';
import { type Part, readMultipart } from '../../src/sandbox/concord/multipart.ts';
import { watchers } from '../../src/sandbox/kit/sandbox.ts';
import { writeZip } from '../../src/sandbox/kit/zip.ts';
import { type FormPart, sendForm } from './form.ts';
import { type Gateway, Stage } from './gateway.ts';
import type { Answer } from './http.ts';
import type { Program } from './program.ts';
import { startsOn } from './runs.ts';

const flows = 'flows:\n  main:\n    - log: "from an archive"\n    - set: {answer: 42}\n';
export const zip = writeZip([{ name: 'concord.yml', content: Buffer.from(flows) }]);
export const archive: FormPart = ['archive', zip, 'flow.zip', 'application/zip'];
export const connection: FormPart = ['connection', 'concord'];
export const entryPoint: FormPart = ['entryPoint', 'main'];
export const smoke = 'concord:Default:platform-checks:main:Smoke%20test';

/** A gateway and a worker of a spec file, and the starts with files that have reached Concord by them. */
export class ArchiveStage {
  /** The form of the newest start that has reached the platform. */
  received = new Map<string, Part>();
  #running: { stage: Stage; gateway: Gateway; worker: Program } | null = null;

  constructor() {
    const watch: Parameters<typeof watchers.add>[0] = (sandbox, { method, url, ...exchange }) => {
      if (sandbox !== 'concord' || method !== 'POST' || !url.endsWith('/api/v1/process')) return;
      const { requestHeaders, requestBody } = exchange;
      const type = requestHeaders['content-type'] ?? '';
      const parts = readMultipart(type, requestBody ?? Buffer.alloc(0)) ?? [];
      this.received = new Map(parts.map((part) => [part.name, part]));
    };
    beforeAll(async () => {
      const stage = await Stage.open();
      watchers.add(watch);
      const [gateway, worker] = await Promise.all([stage.gateway(), stage.worker()]);
      this.#running = { stage, gateway, worker };
    });
    beforeEach(() => {
      this.received = new Map();
    });
    afterEach(() => {
      this.stage.forget();
    });
    afterAll(async () => {
      watchers.delete(watch);
      await this.stage.close();
    });
  }

  get stage(): Stage {
    return this.#started.stage;
  }

  get gateway(): Gateway {
    return this.#started.gateway;
  }

  get worker(): Program {
    return this.#started.worker;
  }

  post<T = Run>(parts: readonly FormPart[], headers = {}, query = ''): Promise<Answer<T>> {
    return sendForm<T>(this.gateway, `/v1/runs${query}`, parts, headers);
  }

  refused(parts: readonly FormPart[], headers = {}, query = ''): Promise<Answer<Problem>> {
    return this.post<Problem>(parts, headers, query);
  }

  /** How many runs Concord has been told to start. */
  starts(): number {
    return startsOn(this.stage, 'concord');
  }

  /** The files that wait. */
  kept(): string[] {
    try {
      return readdirSync(join(this.stage.folder, 'files'));
    } catch {
      return [];
    }
  }

  get #started(): { stage: Stage; gateway: Gateway; worker: Program } {
    if (this.#running === null) throw new Error('nothing has been started yet');
    return this.#running;
  }
}
