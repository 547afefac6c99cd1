// What the real Concord is filled with: the same organisations, projects and flows that the sandbox has on its side.
import { cpSync, existsSync, mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { fetch, FormData } from 'undici';
import { at, Refusal, run, waitFor } from './home.js';

const folder = fileURLToPath(new URL('repositories', import.meta.url));

const sample = [
  {
    org: 'Default',
    project: 'platform-checks',
    description: 'Flows that show that the platform runs flows',
    modes: { rawPayloadMode: 'EVERYONE', outVariablesMode: 'EVERYONE' },
    repositories: { main: { flows: 'checks' } },
  },
  {
    org: 'Finance',
    project: 'finance-automation',
    description: 'Automations of Finance',
    repositories: {
      main: { flows: 'finance' },
      legacy: { flows: 'finance-legacy', disabled: true },
    },
  },
  {
    org: 'Sales',
    project: 'sales-automation',
    description: 'Automations of Sales',
    repositories: { main: { flows: 'orders' } },
  },
  { org: 'Sales', project: 'shared-forms', repositories: { main: { flows: 'shared-forms' } } },
];

async function call({ url, key }, path, init = {}) {
  const answer = await fetch(`${url}${path}`, {
    ...init,
    headers: { authorization: key, ...init.headers },
  });
  const text = await answer.text();
  if (!answer.ok) throw new Refusal(`${init.method ?? 'GET'} ${path}: ${answer.status} ${text}`);
  return text;
}

function post(api, path, body) {
  const headers = { 'content-type': 'application/json' };
  return call(api, path, { method: 'POST', headers, body: JSON.stringify(body) });
}

/** Whether the server answers; null while it does not. */
export async function ready({ url }) {
  try {
    const answer = await fetch(`${url}/api/v1/server/ping`);
    return answer.ok ? true : null;
  } catch {
    return null;
  }
}

function gitRepository(name) {
  const work = at('repositories', name);
  mkdirSync(work, { recursive: true });
  cpSync(`${folder}/${name}`, work, { recursive: true });
  if (!existsSync(at('repositories', name, '.git')))
    run('git', ['-C', work, 'init', '-q', '-b', 'main']);
  run('git', ['-C', work, 'add', '-A']);
  const author = ['-c', 'user.name=tests', '-c', 'user.email=tests@localhost'];
  run('git', ['-C', work, ...author, 'commit', '-q', '--allow-empty', '-m', 'Flows']);
  return `file://${work}`;
}

/** Creates or updates the sample, and has Concord read the flows of every repository. */
export async function publishSample(api) {
  for (const { org, project, description, modes, repositories } of sample) {
    await post(api, '/api/v1/org', { name: org });
    await post(api, `/api/v1/org/${org}/project`, { name: project, description, ...modes });
    for (const [name, { flows, disabled = false }] of Object.entries(repositories)) {
      const path = `/api/v1/org/${org}/project/${project}/repository`;
      const repository = { name, url: gitRepository(flows), branch: 'main' };
      await post(api, path, repository);
      await call(api, `${path}/${name}/refresh?sync=true`, { method: 'POST' });
      if (disabled) await post(api, path, { ...repository, disabled });
    }
  }
}

/** The first run is alone: workers that fill the agent's checkout cache at once trip over each other. */
export async function warmUp(api) {
  const form = new FormData();
  const fields = {
    org: 'Default',
    project: 'platform-checks',
    repo: 'main',
    entryPoint: 'Smoke test',
  };
  for (const [name, value] of Object.entries(fields)) form.set(name, value);
  const { instanceId } = JSON.parse(
    await call(api, '/api/v1/process', { method: 'POST', body: form }),
  );
  await waitFor('the first run', 300, async () => {
    const { status } = JSON.parse(await call(api, `/api/v2/process/${instanceId}`));
    if (['FAILED', 'CANCELLED', 'TIMED_OUT'].includes(status)) {
      const log = await call(api, `/api/v1/process/${instanceId}/log`);
      throw new Refusal(`the first run ended ${status}:\n${log}`);
    }
    return status === 'FINISHED' ? true : null;
  });
}
