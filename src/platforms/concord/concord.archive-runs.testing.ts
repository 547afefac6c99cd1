import { randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import type { Native } from '../../domain/native.ts';
import type { FilesStartRequest, StartFile } from '../../domain/run.ts';
import type { Departure } from '../../domain/write.ts';
import { writeZip } from '../../sandbox/kit/zip.ts';
import { AskedConcord, signal } from './concord.testing.ts';

const project = 'flows:\n  main:\n    - log: "from an archive"\n  other:\n    - log: "other"\n';
export const zip = writeZip([{ name: 'concord.yml', content: Buffer.from(project) }]);

/** Starts with files, as the ledger makes them. */
export class ArchivedConcord extends AskedConcord {
  /** What is kept of files, by their ids. */
  readonly contents = new Map<string, Buffer>();
  /** Ids of files that were opened. */
  readonly opened: string[] = [];

  file(name: string, content: Buffer): StartFile {
    const id = randomUUID();
    this.contents.set(id, content);
    return { name, id, length: content.length };
  }

  request(changes: Partial<FilesStartRequest> = {}): FilesStartRequest {
    return {
      process: null,
      entryPoint: null,
      archive: this.file('archive', zip),
      files: [],
      request: {},
      parameters: {},
      mark: `r-${randomUUID()}`,
      ...changes,
    };
  }

  departure(permit: () => void = () => undefined): Departure {
    return {
      signal: signal(),
      permit,
      openFile: (id) => {
        this.opened.push(id);
        return Promise.resolve(Readable.from([this.contents.get(id) ?? Buffer.alloc(0)]));
      },
    };
  }

  /** As the ledger keeps it. */
  async prepared(wanted = this.request()): Promise<Native> {
    const evidence = await this.parts().archiveRuns.prepare(wanted, signal());
    return JSON.parse(JSON.stringify(evidence)) as Native;
  }

  async sendNew(wanted = this.request()): Promise<string> {
    const evidence = await this.prepared(wanted);
    const { nativeId } = await this.parts().archiveRuns.send(evidence, this.departure());
    return nativeId ?? '';
  }
}
