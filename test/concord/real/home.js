// Where the real Concord lives: a folder outside the repository that keeps downloads, database, logs and process ids.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const isRoot = process.getuid?.() === 0;
// PostgreSQL refuses to run as root, and the user it runs as cannot look into root's home.
const cache = process.env.XDG_CACHE_HOME ?? (isRoot ? '/var/cache' : join(homedir(), '.cache'));

/** The folder; `CONCORD_HOME` moves it. Deleting it starts from nothing. */
export const home = process.env.CONCORD_HOME ?? join(cache, 'process-gateway', 'concord');

/** A path inside the folder. */
export function at(...parts) {
  return join(home, ...parts);
}

export function say(text) {
  process.stderr.write(`concord: ${text}\n`);
}

/** Ends with a sentence for people instead of a stack. */
export class Refusal extends Error {}

/** What runs, as `{ports, pids, ready}`. */
export function readRun() {
  return existsSync(at('run.json')) ? JSON.parse(readFileSync(at('run.json'), 'utf8')) : null;
}

export function writeRun(run) {
  writeFileSync(at('run.json'), JSON.stringify(run, null, 2));
}

/** Runs a command to its end; gives its output. */
export function run(command, args, options = {}) {
  const done = spawnSync(command, args, { encoding: 'utf8', ...options });
  if (done.error !== undefined) throw new Refusal(`${command}: ${done.error.message}`);
  if (done.status !== 0)
    throw new Refusal(
      `${command} ${args.join(' ')} failed:\n${done.stdout ?? ''}${done.stderr ?? ''}`,
    );
  return done.stdout ?? '';
}

/** Whether a program is on PATH. */
export function hasProgram(name) {
  return spawnSync(name, ['--version'], { stdio: 'ignore' }).error === undefined;
}

/** Starts a process that outlives this one and logs into a file of its name; gives its id. */
export function startDetached(name, command, args, env) {
  mkdirSync(at('logs'), { recursive: true });
  const log = openSync(at('logs', `${name}.log`), 'w');
  const child = spawn(command, args, {
    cwd: home,
    detached: true,
    stdio: ['ignore', log, log],
    env: { ...process.env, ...env },
  });
  child.unref();
  return child.pid;
}

/** Whether `pid` is still the process that was started here: ids are given anew after a restart of the machine. */
export function isOurs(pid) {
  if (pid === undefined) return false;
  const command = spawnSync('ps', ['-ww', '-o', 'command=', '-p', String(pid)], {
    encoding: 'utf8',
  });
  return command.stdout.includes(home);
}

/** Ends a process by its id: asks first, forces after ten seconds. */
export async function stop(pid) {
  if (!isOurs(pid)) return;
  process.kill(pid, 'SIGTERM');
  for (let tries = 0; tries < 40 && isOurs(pid); tries += 1) await sleep(250);
  if (isOurs(pid)) process.kill(pid, 'SIGKILL');
}

/** A loopback port that nobody listens on. */
export function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

/** Asks until `ask` gives something else than null, `seconds` at most. */
export async function waitFor(what, seconds, ask) {
  for (const end = Date.now() + seconds * 1_000; Date.now() < end; await sleep(500)) {
    const found = await ask();
    if (found !== null) return found;
  }
  throw new Refusal(`${what} took longer than ${seconds} s; logs are in ${at('logs')}`);
}

/** The user and group that PostgreSQL runs as, for `spawn`; nothing to change unless this is root. */
export function postgresUser() {
  if (!isRoot) return {};
  const id = (flag) => Number(run('id', [flag, 'postgres']));
  return { uid: id('-u'), gid: id('-g') };
}
