import { type DestinationStream, type Logger, pino } from 'pino';
import { redacted } from './redact.ts';

/** Structured JSON log lines. */
export type Log = Logger;

/** A logger that writes JSON lines to standard output, or where it is told, credentials redacted. */
export function createLog(service: string, level: string, destination?: DestinationStream): Log {
  const options = {
    level,
    base: { service },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: {
      level: (label: string) => ({ level: label }),
      log: redacted,
    },
    // Errors have been taken apart, and relieved of what they carry, by then.
    serializers: { err: (error: unknown) => error },
  };
  return destination === undefined ? pino(options) : pino(options, destination);
}

/** Lets what Node warns of go into the log, instead of plain text between its lines. */
export function logWarnings(log: Log, source: NodeJS.EventEmitter = process): void {
  // Node's own listener prints them.
  source.removeAllListeners('warning');
  source.on('warning', (warning: Error) => {
    log.warn({ err: warning }, 'Node warns');
  });
}
