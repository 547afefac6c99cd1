import type { AdapterParts, PlatformAdapter } from '../../src/domain/adapter.ts';
import { GatewayError } from '../../src/domain/errors.ts';
import { encodeKey } from '../../src/domain/ids.ts';
import type { ProcessRecord } from '../../src/domain/process.ts';

/** How the cases of the suite reach the adapter of the moment. */
export interface Reader {
  readonly signal: () => AbortSignal;
  /** Throws when the adapter lacks the part. */
  readonly part: <C extends keyof AdapterParts>(name: C) => AdapterParts[C];
  readonly has: (name: keyof AdapterParts) => boolean;
  readonly list: () => Promise<readonly ProcessRecord[]>;
  /** The process that stands on every platform. */
  readonly smokeTest: () => Promise<ProcessRecord>;
}

export function readerOf(adapter: () => PlatformAdapter): Reader {
  const signal = (): AbortSignal => AbortSignal.timeout(20_000);
  const part = <C extends keyof AdapterParts>(name: C): AdapterParts[C] => {
    const found = adapter().parts[name];
    if (found === undefined) throw new Error(`the adapter lacks ${name}`);
    return found;
  };
  const list = (): Promise<readonly ProcessRecord[]> => part('processes').list(signal());
  return {
    signal,
    part,
    list,
    has: (name) => adapter().parts[name] !== undefined,
    smokeTest: async () => {
      const found = (await list()).find((process) => process.name === 'Smoke test');
      if (found === undefined) throw new Error('no process is called "Smoke test"');
      return found;
    },
  };
}

/** The code of the error that a call ends with. */
export async function code(work: Promise<unknown>): Promise<string> {
  try {
    await work;
    return 'no error';
  } catch (error) {
    return error instanceof GatewayError ? error.code : `not of the catalogue: ${String(error)}`;
  }
}

/** Keys of nothing, in spellings that a path or a query may break on. */
export const strangeKeys = [
  encodeKey(['no-such-process']),
  encodeKey(['*']),
  encodeKey(['..']),
  encodeKey(['a/b']),
  encodeKey(["O'Brien"]),
  encodeKey(['a b ü %']),
  encodeKey(['a', 'b', 'c', 'd', 'e', 'f']),
  '00000000-0000-0000-0000-000000000000',
  '999999999',
  ...['constructor', '__proto__', 'toString'],
];
