import { appendFileSync } from 'node:fs';
import type { Exchange } from './sandbox.ts';

/** An exchange as a line of a record: JSON, the request's body in base64. */
export interface RecordedExchange extends Omit<Exchange, 'requestBody'> {
  readonly sandbox: string;
  readonly requestBody: string | null;
}

/** Appends what it sees to a file, so that whoever started the sandboxes can look at it, even after a kill. */
export function recordTo(file: string): (sandbox: string, exchange: Exchange) => void {
  return (sandbox, exchange) => {
    const requestBody = exchange.requestBody?.toString('base64') ?? null;
    const line: RecordedExchange = { sandbox, ...exchange, requestBody };
    appendFileSync(file, `${JSON.stringify(line)}\n`);
  };
}
