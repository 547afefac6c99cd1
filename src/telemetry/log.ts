import { type Logger, pino } from 'pino';

/** Structured JSON log lines. */
export type Log = Logger;

/** Members that may hold a credential, wherever they stand. */
const secretPaths = [
  'authorization',
  'cookie',
  'password',
  'token',
  'secret',
  'clientSecret',
  '["x-api-key"]',
];

/** A logger that writes JSON lines to standard output, credentials redacted. */
export function createLog(service: string, level: string): Log {
  return pino({
    level,
    base: { service },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
    redact: {
      paths: secretPaths.flatMap((path) => [
        path,
        path.startsWith('[') ? `*${path}` : `*.${path}`,
        path.startsWith('[') ? `*.headers${path}` : `*.headers.${path}`,
      ]),
      censor: '[redacted]',
    },
  });
}
