// The parts of Concord, from the binaries that the project publishes in the Maven repository, and its PostgreSQL.
import { Buffer } from 'node:buffer';
import { chownSync, existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { at, home, hasProgram, postgresUser, run, say, startDetached } from './home.js';

/** The newest complete server that is published. It takes the path start of 2017 and the form start of today. */
const serverVersion = '2.16.0';
/** The newest agent that is published. */
const agentVersion = '2.1.0';
/** The runner of processes; older ones cannot read what this server hands over. */
const runnerVersion = '2.19.0';
/** The tasks that exist for this agent; its own default list names some that do not. */
const tasks = ['mvn://com.walmartlabs.concord.plugins.basic:sleep-tasks:2.1.0'];

const runnerFile = `concord-runner-v2-${runnerVersion}-jar-with-dependencies.jar`;

// Concord wants its keys in Base64. They guard nothing: everything listens on loopback.
const base64 = (text) => Buffer.from(text).toString('base64');
export const adminKey = base64('gateway-tests-admin');
const agentKey = base64('gateway-tests-agent');
const salt = base64('gateway-tests');

/** Where the server answers. */
export const urlOf = (ports) => `http://127.0.0.1:${ports.api}`;

/** What has to be installed first, as sentences; empty when everything is there. */
export function missing() {
  const programs = { java: 'a JDK or JRE 17+', mvn: 'Maven', git: 'git' };
  const lacking = Object.entries(programs)
    .filter(([name]) => !hasProgram(name))
    .map(([name, what]) => `${what} (${name})`);
  return postgresBin() === null
    ? [...lacking, "PostgreSQL's server binaries (Debian: apt-get install postgresql)"]
    : lacking;
}

function postgresBin() {
  const debian = '/usr/lib/postgresql';
  const versions = existsSync(debian)
    ? readdirSync(debian).sort((a, b) => Number(b) - Number(a))
    : [];
  const folders = [
    ...versions.map((version) => join(debian, version, 'bin')),
    ...(process.env.PATH ?? '').split(':'),
  ];
  return (
    folders.find((folder) =>
      ['initdb', 'pg_ctl'].every((name) => existsSync(join(folder, name))),
    ) ?? null
  );
}

function artifact(coordinates, file) {
  if (existsSync(at('downloads', file))) return;
  say(`downloading ${file}`);
  run('mvn', [
    '-B',
    '-q',
    'org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy',
    `-Dartifact=com.walmartlabs.concord${coordinates}`,
    `-DoutputDirectory=${at('downloads')}`,
  ]);
}

function unpacked(name, archive) {
  if (existsSync(at(name, 'lib'))) return;
  mkdirSync(at(name), { recursive: true });
  run('tar', ['xzf', at('downloads', archive), '-C', at(name)]);
}

/** Fetches what is not there yet. */
export function download() {
  const server = `concord-server-${serverVersion}-dist.tar.gz`;
  const agent = `concord-agent-${agentVersion}-dist.tar.gz`;
  artifact(`.server:concord-server:${serverVersion}:tar.gz:dist`, server);
  artifact(`:concord-agent:${agentVersion}:tar.gz:dist`, agent);
  artifact(`.runtime.v2:concord-runner-v2:${runnerVersion}:jar:jar-with-dependencies`, runnerFile);
  unpacked('server', server);
  unpacked('agent', agent);
}

/** Starts PostgreSQL on a database of its own. */
export function startPostgres(port) {
  const bin = postgresBin();
  const data = at('postgres', 'data');
  const user = postgresUser();
  const asPostgres = (program, args) =>
    run(join(bin, program), args, { ...user, cwd: at('postgres'), stdio: 'pipe' });
  mkdirSync(at('postgres'), { recursive: true });
  if (user.uid !== undefined) chownSync(at('postgres'), user.uid, user.gid);
  const isNew = !existsSync(data);
  if (isNew) asPostgres('initdb', ['-D', data, '-U', 'postgres', '--auth=trust']);
  const options = `-p ${port} -k ${at('postgres')} -c listen_addresses=127.0.0.1 -c fsync=off`;
  // Its output goes to a file: a server that held the pipe of this process open would never let `run` end.
  asPostgres('pg_ctl', ['-D', data, '-l', at('postgres', 'log'), '-w', '-o', options, 'start']);
  if (isNew)
    run(join(bin, 'createdb'), [
      '-h',
      '127.0.0.1',
      '-p',
      String(port),
      '-U',
      'postgres',
      'concord',
    ]);
}

/** Stops PostgreSQL by the id that it wrote down itself. */
export function stopPostgres() {
  if (!existsSync(at('postgres', 'data', 'postmaster.pid'))) return;
  run(join(postgresBin(), 'pg_ctl'), ['-D', at('postgres', 'data'), '-m', 'fast', '-w', 'stop'], {
    ...postgresUser(),
    cwd: at('postgres'),
  });
}

/** Writes the configuration that server and agent share. */
export function configure(ports) {
  const url = urlOf(ports);
  writeFileSync(at('tasks'), `${tasks.join('\n')}\n`);
  writeFileSync(
    at('concord.conf'),
    `concord-server {
  db { url = "jdbc:postgresql://127.0.0.1:${ports.postgres}/concord", appPassword = "tests", inventoryPassword = "tests"
       changeLogParameters { defaultAdminToken = "${adminKey}", defaultAgentToken = "${agentKey}" } }
  noderoster { db { password = "tests" } }
  secretStore { serverPassword = "${salt}", secretStoreSalt = "${salt}", projectSecretSalt = "${salt}" }
  queue { enqueuePollInterval = "250 milliseconds", dispatcher { pollDelay = "250 milliseconds" } }
}
concord-agent {
  workDirBase = "${at('work')}"
  workersCount = 3, pollInterval = "250 milliseconds", logMaxDelay = "250 milliseconds"
  server { apiBaseUrl = "${url}", websocketUrl = "ws://127.0.0.1:${ports.socket}/websocket"
           apiKey = "${agentKey}", processRequestDelay = "250 milliseconds" }
}
`,
  );
}

function startJava(name, mainClass, heap, env, options = []) {
  mkdirSync(at('tmp'), { recursive: true });
  const args = [
    `-Xmx${heap}`,
    '--add-opens=java.base/java.lang=ALL-UNNAMED',
    '--add-opens=java.base/java.util=ALL-UNNAMED',
    '-Dfile.encoding=UTF-8',
    '-Djava.net.preferIPv4Stack=true',
    `-Dollie.conf=${at('concord.conf')}`,
    ...options,
    '-cp',
    at(name, 'lib', '*'),
    mainClass,
  ];
  return startDetached(name, 'java', args, { CONCORD_TMP_DIR: at('tmp'), ...env });
}

/** Starts what the agent reaches the server's socket through; its id. */
export function startDelay(ports) {
  const script = fileURLToPath(new URL('delay.js', import.meta.url));
  const args = [script, String(ports.socket), String(ports.api), home];
  return startDetached('delay', process.execPath, args, {});
}

/** Starts the server; its id. In the zone that it runs in dates come as `…-05`, which `new Date` cannot read. */
export function startServer(ports) {
  const env = { CONCORD_CFG_FILE: at('concord.conf'), API_PORT: String(ports.api) };
  return startJava('server', 'com.walmartlabs.concord.server.dist.Main', '768m', env, [
    '-Duser.timezone=America/Bogota',
  ]);
}

/** Starts the agent, which runs the processes; its id. */
export function startAgent(ports) {
  const env = {
    RUNNER_V1_PATH: at('agent', 'runner', 'runner-v1.jar'),
    RUNNER_V2_PATH: at('downloads', runnerFile),
    DEFAULT_DEPS_CFG: at('tasks'),
    MM_PORT: String(ports.agent),
  };
  return startJava('agent', 'com.walmartlabs.concord.agent.Main', '256m', env, [
    '-Dlogback.configurationFile=com/walmartlabs/concord/agent/logback.xml',
  ]);
}
