import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RedisProgram } from '../../src/embedded/redis-program.ts';

/** Writes a command into a folder, as a script of the shell. */
export function command(folder: string, name: string, ...lines: readonly string[]): string {
  mkdirSync(folder, { recursive: true });
  const file = join(folder, name);
  writeFileSync(file, `${['#!/bin/sh', ...lines].join('\n')}\n`);
  chmodSync(file, 0o755);
  return file;
}

/** Writes a command that runs a server program in its own surroundings. */
export function serverCommand(folder: string, name: string, { command: run, env }: RedisProgram) {
  const libraries = env['LD_LIBRARY_PATH'] ?? '';
  return command(folder, name, `LD_LIBRARY_PATH='${libraries}' exec '${run}' "$@"`);
}

/** Writes an `apt-get` and a `dpkg` whose only package is the server; every call is noted in `calls`. */
export function packageTools(folder: string, server: string, calls: string): void {
  const offered = 'redis-server_5%3a7.0.15-1_amd64.deb 1000 SHA256:0';
  command(
    folder,
    'apt-get',
    `echo apt-get >> '${calls}'`,
    'case " $* " in',
    `  *" install "*) echo "'http://127.0.0.1/redis.deb' ${offered}" ;;`,
    '  *" download "*) : > redis-server.deb ;;',
    'esac',
  );
  command(
    folder,
    'dpkg',
    'test "$1" = -x || exit 0',
    '/bin/mkdir -p "$3/usr/bin"',
    `/bin/cp '${server}' "$3/usr/bin/redis-server"`,
  );
}
