import { platforms } from '../platforms/all.ts';

type Settings = Readonly<Record<string, unknown>>;

/** Connections to the sandboxes, as a configuration has them: one to each, and one more to each further environment. */
export function sandboxConnections(
  urls: Readonly<Record<string, string>>,
): Record<string, Settings> {
  const all: Record<string, Settings> = {};
  for (const { name, title, sandbox, sandboxEnvironments = {}, ...platform } of platforms) {
    const connection = { ...platform.sandboxConnection(urls[sandbox] ?? ''), sandbox: true };
    all[name] = { ...connection, name: `${title} (sandbox)` };
    for (const [environment, changes] of Object.entries(sandboxEnvironments)) {
      const further = { ...connection, ...changes };
      all[`${name}-${environment}`] = { ...further, name: `${title}, ${environment} (sandbox)` };
    }
  }
  return all;
}
