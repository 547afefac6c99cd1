import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect } from '@jest/globals';
import { stringify } from 'yaml';
import { DataFolder } from './everything.ts';
import { sandboxSecrets, type Sections, Stage } from './gateway.ts';
import { Program } from './program.ts';

/** Programs of a spec file that have to refuse, in a folder with configurations of its own. */
export class RefusedStarts {
  #opened: readonly [DataFolder, Stage] | null = null;
  #files = 0;

  constructor() {
    beforeAll(async () => {
      this.#opened = await Promise.all([DataFolder.make(), Stage.open()]);
    });
    afterAll(async () => {
      await this.folder.remove();
      await this.stage.close();
    });
  }

  get folder(): DataFolder {
    return this.#get()[0];
  }

  get stage(): Stage {
    return this.#get()[1];
  }

  /** A configuration of one connection, or of what is given as text. */
  config(sections: Sections | string): string {
    const file = join(this.folder.path, `${(this.#files += 1)}.yaml`);
    const { odsl = {} } = this.stage.connections();
    const whole =
      typeof sections === 'string' ? sections : stringify({ connections: { odsl }, ...sections });
    writeFileSync(file, whole);
    return file;
  }

  /** Runs a program that has to refuse, and gives what it says. */
  async refusal(
    name: 'start' | 'main' | 'worker' | 'reset',
    env: Record<string, string>,
  ): Promise<string> {
    const { path: cwd, port } = this.folder;
    const all = { PORT: String(port), GATEWAY_DATA: cwd, ...sandboxSecrets, ...env };
    const program = new Program(name, { cwd, env: all });
    expect((await program.end()).code).toBe(1);
    // For people: no stack, and no lines of the log.
    expect(program.output).not.toMatch(/^\s+at |\{"level"/m);
    return program.output;
  }

  #get(): readonly [DataFolder, Stage] {
    if (this.#opened === null) throw new Error('nothing has been opened yet');
    return this.#opened;
  }
}
