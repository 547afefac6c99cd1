import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

/** A process that takes part, and how it is ended. */
export interface Peer {
  readonly url: string;
  readonly pids: readonly number[];
  stop(): Promise<void>;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}

/** Ends a process and waits for it. */
export async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill('SIGTERM');
  await exited;
}

async function untilAnswers(url: string): Promise<void> {
  for (let tries = 0; tries < 200; tries += 1) {
    const answers = await fetch(url).then(
      () => true,
      () => false,
    );
    if (answers) return;
    await sleep(50);
  }
  throw new Error(`${url} does not answer`);
}

/** One of the bare servers beside this file, on the sources as they stand. */
export async function bare(name: string, env: Readonly<Record<string, string>>): Promise<Peer> {
  const port = await freePort();
  const loader = fileURLToPath(new URL('../test/support/typescript.js', import.meta.url));
  const file = fileURLToPath(new URL(`peers/${name}.ts`, import.meta.url));
  const child = spawn(process.execPath, ['--no-warnings', '--import', loader, file], {
    env: { ...process.env, ...env, PORT: String(port) },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const url = `http://127.0.0.1:${port}/`;
  await untilAnswers(url);
  return { url, pids: [child.pid ?? 0], stop: () => end(child) };
}

/** The built gateway with a configuration of its own; `PROFILES` names a folder for CPU profiles of it. */
export async function gateway(
  config: string,
  env: Readonly<Record<string, string>>,
): Promise<Peer> {
  const port = await freePort();
  const folder = mkdtempSync(join(tmpdir(), 'bench-'));
  const file = join(folder, 'gateway.yaml');
  writeFileSync(file, config);
  const main = fileURLToPath(new URL('../dist/main.js', import.meta.url));
  const profiles = process.env['PROFILES'];
  const profiling = profiles === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${profiles}`];
  const child = spawn(process.execPath, [...profiling, main], {
    env: {
      ...process.env,
      SANDBOX_SECRET: 'sandbox-secret',
      LOG_LEVEL: 'warn',
      ...env,
      GATEWAY_CONFIG: file,
      PORT: String(port),
    },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const url = `http://127.0.0.1:${port}`;
  await untilAnswers(`${url}/health/ready`);
  return { url, pids: [child.pid ?? 0], stop: () => end(child) };
}

/** nginx with proxy_cache before `upstream`; null where there is no nginx. */
export async function nginx(upstream: string): Promise<Peer | null> {
  if (!has('nginx', ['-v'])) return null;
  const port = await freePort();
  const folder = mkdtempSync(join(tmpdir(), 'bench-nginx-'));
  const file = join(folder, 'nginx.conf');
  writeFileSync(
    file,
    `${process.geteuid?.() === 0 ? 'user root; ' : ''}pid ${folder}/pid; error_log ${folder}/error.log; worker_processes 1; daemon off;
events { worker_connections 4096; }
http { access_log off; keepalive_requests 10000000;
  client_body_temp_path ${folder}/b; proxy_temp_path ${folder}/p; fastcgi_temp_path ${folder}/f; uwsgi_temp_path ${folder}/u; scgi_temp_path ${folder}/s;
  proxy_cache_path ${folder}/cache keys_zone=lists:10m;
  server { listen 127.0.0.1:${port};
    location / { proxy_pass ${upstream}; proxy_cache lists; proxy_cache_valid 200 10m; proxy_ignore_headers Cache-Control; } } }
`,
  );
  const child = spawn('nginx', ['-c', file], { stdio: ['ignore', 'ignore', 'inherit'] });
  const url = `http://127.0.0.1:${port}/`;
  await untilAnswers(url);
  return { url, pids: childrenOf(child.pid ?? 0), stop: () => end(child) };
}

/** KrakenD's engine, built from \`peers/lura\`; null where there is no Go. */
export async function lura(sources: readonly string[]): Promise<Peer | null> {
  if (!has('go', ['version'])) return null;
  const port = await freePort();
  const folder = mkdtempSync(join(tmpdir(), 'bench-lura-'));
  execFileSync('go', ['build', '-o', join(folder, 'lura'), '.'], {
    cwd: fileURLToPath(new URL('peers/lura', import.meta.url)),
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const backend = sources.map((source, index) => {
    const { origin, pathname, search } = new URL(source);
    return {
      host: [origin],
      url_pattern: pathname + search,
      group: `source${index}`,
      is_collection: true,
    };
  });
  const config = {
    version: 3,
    port,
    timeout: '10s',
    endpoints: [{ endpoint: '/', input_headers: ['Authorization'], backend }],
  };
  writeFileSync(join(folder, 'lura.json'), JSON.stringify(config));
  const child = spawn(join(folder, 'lura'), [join(folder, 'lura.json')], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const url = `http://127.0.0.1:${port}/`;
  await untilAnswers(url);
  return { url, pids: [child.pid ?? 0], stop: () => end(child) };
}

function has(command: string, args: string[]): boolean {
  try {
    execFileSync(command, args, { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

function childrenOf(parent: number): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        return (
          readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ')[1] === String(parent)
        );
      } catch {
        return false;
      }
    });
}
