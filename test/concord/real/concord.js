// A real Concord on this machine: server, agent and PostgreSQL from published binaries, without Docker.
//   node test/concord/real/concord.js up       downloads what is missing, starts it, prints CONCORD_URL and CONCORD_API_KEY
//   node test/concord/real/concord.js down     stops what `up` started, by process id, and keeps the downloads
//   node test/concord/real/concord.js status   one line per process
//   node test/concord/real/concord.js missing  names what has to be installed first; ends with 1 when something has
import { mkdirSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import {
  at,
  freePort,
  home,
  isOurs,
  readRun,
  Refusal,
  say,
  stop,
  waitFor,
  writeRun,
} from './home.js';
import * as parts from './parts.js';
import { publishSample, ready, warmUp } from './sample.js';

/** The processes that are started here, in the order in which they are stopped; PostgreSQL looks after itself. */
const names = ['agent', 'delay', 'server'];

/** Starts what does not run yet; gives where it answers and an administrator's key. */
export async function up() {
  const lacking = parts.missing();
  if (lacking.length > 0) throw new Refusal(`this needs ${lacking.join(', ')}`);
  mkdirSync(home, { recursive: true });
  const before = readRun();
  const running = before?.ready === true && names.every((name) => isOurs(before.pids[name]));
  const { ports } = running ? before : await start();
  return { url: parts.urlOf(ports), apiKey: parts.adminKey };
}

async function start() {
  await down();
  for (const leftover of ['tmp', 'work']) rmSync(at(leftover), { recursive: true, force: true });
  parts.download();
  const ports = {};
  for (const name of ['api', 'agent', 'socket', 'postgres']) ports[name] = await freePort();
  const pids = {};
  parts.configure(ports);
  parts.startPostgres(ports.postgres);
  const api = { url: parts.urlOf(ports), key: parts.adminKey };
  pids.server = parts.startServer(ports);
  writeRun({ ports, pids });
  await waitFor('the start of the server', 180, () => {
    if (!isOurs(pids.server)) throw new Refusal(`the server ended: ${at('logs', 'server.log')}`);
    return ready(api);
  });
  pids.delay = parts.startDelay(ports);
  pids.agent = parts.startAgent(ports);
  writeRun({ ports, pids });
  await publishSample(api);
  await warmUp(api);
  writeRun({ ports, pids, ready: true });
  return { ports };
}

/** Stops exactly what `up` started. */
export async function down() {
  const { pids } = readRun() ?? { pids: {} };
  for (const name of names) await stop(pids[name]);
  parts.stopPostgres();
}

function status() {
  const { pids } = readRun() ?? { pids: {} };
  for (const name of names) {
    const running = isOurs(pids[name]);
    process.stdout.write(`${name}: ${running ? `up, process ${pids[name]}` : 'down'}\n`);
  }
}

async function main(command) {
  if (command === 'up') {
    const { url, apiKey } = await up();
    process.stdout.write(`CONCORD_URL=${url}\nCONCORD_API_KEY=${apiKey}\n`);
  } else if (command === 'down') await down();
  else if (command === 'status') status();
  else if (command === 'missing') {
    const lacking = parts.missing();
    for (const each of lacking) process.stdout.write(`${each}\n`);
    process.exitCode = lacking.length > 0 ? 1 : 0;
  } else throw new Refusal('use: up | down | status | missing');
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    await main(process.argv[2]);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    say(error.message);
    process.exitCode = 1;
  }
}
