import { createHash } from 'node:crypto';
import type { Native } from '../domain/native.ts';
import type { Process } from '../domain/process.ts';

/** An item of a list as it is kept: the process without its native JSON, and that apart. */
export interface SnapshotItem {
  readonly process: Process;
  readonly native: Native;
}

/** Members of an item that lists filter, sort and count by. */
interface Columns {
  readonly ids: string[];
  readonly keys: string[];
  readonly names: string[];
  /** Name, key and description in lower case, with what is in no text between them. */
  readonly texts: string[];
  readonly labels: (readonly string[])[];
  readonly enabled: (boolean | null)[];
  readonly kinds: string[];
  readonly services: (string | null)[];
  readonly createdAt: (string | null)[];
  readonly updatedAt: (string | null)[];
}

const chunkBytes = 512 * 1_024;
const newline = 0x0a;
/** A code point that is no character (Unicode, noncharacters), so that no search text reaches over it. */
const apart = '\uffff';

/**
 * A connection's whole list at one moment, immutable: the JSON of each item as bytes that answers are cut from, and the
 * columns that queries look at. Its id is made from its content, so equal lists are one snapshot.
 */
export class Snapshot {
  readonly id: string;
  readonly connection: string;
  readonly platform: string;
  readonly columns: Columns;
  /** What it takes in Redis, in bytes. */
  readonly bytes: number;
  /** Alternating: lines of items, lines of their native JSON. */
  readonly chunks: readonly Buffer[];
  readonly #items: Buffer[] = [];
  readonly #natives: Buffer[] = [];
  #places: Map<string, number> | null = null;

  private constructor(
    connection: string,
    platform: string,
    chunks: readonly Buffer[],
    processes: readonly Process[] | null,
  ) {
    this.connection = connection;
    this.platform = platform;
    this.chunks = chunks;
    this.bytes = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
    const hash = createHash('sha256');
    for (const chunk of chunks) hash.update(chunk);
    this.id = hash.digest('base64url').slice(0, 22);
    for (const [index, chunk] of chunks.entries()) {
      (index % 2 === 0 ? this.#items : this.#natives).push(...linesOf(chunk));
    }
    this.columns = columnsOf(processes ?? this.#items.map(parse));
  }

  /** Makes the snapshot of a walk; items are ordered by id, so that the order of pages does not matter. */
  static of(connection: string, platform: string, items: readonly SnapshotItem[]): Snapshot {
    const ordered = items.toSorted((a, b) => (a.process.id < b.process.id ? -1 : 1));
    const processes = ordered.map((item) => item.process);
    return new Snapshot(connection, platform, chunksOf(ordered), processes);
  }

  /** Takes up one that was stored. */
  static from(connection: string, platform: string, chunks: readonly Buffer[]): Snapshot {
    return new Snapshot(connection, platform, chunks, null);
  }

  get size(): number {
    return this.#items.length;
  }

  /** The item's JSON, with `native` null. */
  item(index: number): Buffer {
    const found = this.#items[index];
    if (found === undefined) throw new RangeError(`no item ${index} in a snapshot of ${this.size}`);
    return found;
  }

  /** The item's slim native JSON. */
  native(index: number): Buffer {
    const found = this.#natives[index];
    if (found === undefined) throw new RangeError(`no item ${index} in a snapshot of ${this.size}`);
    return found;
  }

  /** Where a key stands, or -1. */
  indexOf(key: string): number {
    this.#places ??= new Map(this.columns.keys.map((each, index) => [each, index]));
    return this.#places.get(key) ?? -1;
  }
}

function chunksOf(items: readonly SnapshotItem[]): Buffer[] {
  const chunks: Buffer[] = [];
  let [lines, natives] = ['', ''];
  const close = (): void => {
    if (lines !== '') chunks.push(Buffer.from(lines), Buffer.from(natives));
    [lines, natives] = ['', ''];
  };
  for (const { process, native } of items) {
    lines += `${JSON.stringify(process)}\n`;
    natives += `${JSON.stringify(native)}\n`;
    if (lines.length + natives.length >= chunkBytes) close();
  }
  close();
  return chunks;
}

/** JSON.stringify writes no line breaks, so lines are items. */
function linesOf(chunk: Buffer): Buffer[] {
  const lines: Buffer[] = [];
  for (let start = 0, end = chunk.indexOf(newline); end >= 0; end = chunk.indexOf(newline, start)) {
    lines.push(chunk.subarray(start, end));
    start = end + 1;
  }
  return lines;
}

function parse(item: Buffer): Process {
  return JSON.parse(item.toString('utf8')) as Process;
}

function columnsOf(processes: readonly Process[]): Columns {
  return {
    ids: processes.map((process) => process.id),
    keys: processes.map((process) => process.key),
    names: processes.map((process) => process.name.toLowerCase()),
    texts: processes.map(({ name, key, description }) =>
      [name, key, description ?? ''].join(apart).toLowerCase(),
    ),
    labels: processes.map((process) => process.labels),
    enabled: processes.map((process) => process.enabled),
    kinds: processes.map((process) => process.kind),
    services: processes.map((process) => process.service),
    createdAt: processes.map((process) => process.createdAt),
    updatedAt: processes.map((process) => process.updatedAt),
  };
}
