// What a newcomer does first, as they do it: `npm start`, one list of four fresh platforms, Ctrl-C. Fails with what it printed.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const startMs = 120_000;
const endMs = 30_000;

/** A port that nobody listens on. */
function freePort() {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

/** How many sources of the list are fresh; 0 while nobody answers. */
async function freshSources(port) {
  try {
    const answer = await fetch(`http://127.0.0.1:${port}/v1/processes?limit=1`);
    const { sources } = await answer.json();
    return sources.filter(({ status }) => status === 'fresh').length;
  } catch {
    return 0;
  }
}

const port = await freePort();
const folder = mkdtempSync(join(tmpdir(), 'process-gateway-try-'));
const env = { ...process.env, PORT: String(port), GATEWAY_DATA: join(folder, 'data') };
const child = spawn('npm', ['start'], { env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
let printed = '';
for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => (printed += text));
const ended = new Promise((resolve) =>
  child.once('exit', (code, signal) => resolve(signal ?? code)),
);

const until = Date.now() + startMs;
let fresh = 0;
while (fresh < 4 && child.exitCode === null && Date.now() < until) {
  fresh = await freshSources(port);
  await sleep(500);
}
if (child.exitCode === null) process.kill(-child.pid, 'SIGINT');
const how = await Promise.race([ended, sleep(endMs, 'no end', { ref: false })]);
if (how === 'no end') process.kill(-child.pid, 'SIGKILL');
rmSync(folder, { recursive: true, force: true });

process.stdout.write(printed);
// npm ends by the signal itself once what it runs has ended.
if (fresh < 4 || ![0, 'SIGINT'].includes(how)) {
  process.stderr.write(`npm start: ${fresh} of 4 sources were fresh; it ended with ${how}\n`);
  process.exitCode = 1;
}
