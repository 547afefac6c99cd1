import { randomUUID } from 'node:crypto';
import { mostProcesses } from '../../src/platforms/frends/export-scan.ts';
import { largeExport } from './large-export.ts';

const boundary = 'bench-of-imports';

export const formType = `multipart/form-data; boundary=${boundary}`;

const end = Buffer.from(`\r\n--${boundary}--\r\n`);

/** A form up to the content of its file. */
function head(connection: string, fileName: string): Buffer {
  return Buffer.from(
    [
      `--${boundary}`,
      'Content-Disposition: form-data; name="connection"',
      '',
      connection,
      `--${boundary}`,
      `Content-Disposition: form-data; name="file"; filename="${fileName}"`,
      'Content-Type: application/octet-stream',
      '',
      '',
    ].join('\r\n'),
  );
}

/** An import of one configuration of OpenDataDSL, which is there nowhere yet. */
export function smallForm(connection: string): Buffer {
  const id = `BENCH_${randomUUID()}`;
  const configuration = { _id: id, name: id, service: 'ETL', script: 'return 1' };
  const content = Buffer.from(JSON.stringify(configuration));
  return Buffer.concat([head(connection, 'small.json'), content, end]);
}

/** A form that is made while it is sent. */
interface LargeForm {
  /** In bytes. */
  readonly length: number;
  pieces(): Generator<Buffer>;
}

/** An import of an export of Frends of about so many bytes, in processes of so many. */
export function largeForm(connection: string, bytes: number, processBytes: number): LargeForm {
  const file = largeExport(bytes, processBytes);
  if (file.count > mostProcesses)
    throw new Error(`${file.count} processes are refused: BENCH_PROCESS_KB must be larger`);
  const begin = head(connection, 'large.json');
  return {
    length: begin.length + file.length + end.length,
    *pieces() {
      yield begin;
      yield* file.pieces();
      yield end;
    },
  };
}
