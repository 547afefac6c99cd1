// npm writes only the optional packages of the system it runs on into the lock file, and `npm ci` of npm 11 refuses
// such a lock elsewhere. This adds the missing exact-version ones (binaries of other systems), without addresses.
import { readFileSync, writeFileSync } from 'node:fs';

const path = new URL('../package-lock.json', import.meta.url);
const lock = JSON.parse(readFileSync(path, 'utf8'));
const exact = /^\d+\.\d+\.\d+(?:[-+].*)?$/;

/** The folder from which `from` would load `name`, or null: npm's lookup, upwards through node_modules. */
function resolved(from, name) {
  for (let at = from; ; at = at.slice(0, Math.max(at.lastIndexOf('/node_modules/'), 0))) {
    const candidate = at === '' ? `node_modules/${name}` : `${at}/node_modules/${name}`;
    if (lock.packages[candidate] !== undefined) return candidate;
    if (at === '') return null;
  }
}

/** The `os` and `cpu` that a binary's package is for, read off its name (`…-linux-x64-musl`, `…-wasm32-wasi`), or null. */
function systemOf(name) {
  if (name.includes('wasm32')) return { cpu: ['wasm32'] };
  const found =
    /[-/](aix|android|darwin|freebsd|linux|netbsd|openbsd|openharmony|sunos|win32)-([a-z0-9]+)/.exec(
      name,
    );
  return found === null ? null : { os: [found[1]], cpu: [found[2]] };
}

let added = 0;
const unknown = [];
for (const [from, entry] of Object.entries(lock.packages)) {
  if (from === '') continue;
  for (const [name, version] of Object.entries(entry.optionalDependencies ?? {})) {
    if (!exact.test(version) || resolved(from, name) !== null) continue;
    const target = systemOf(name);
    if (target === null) unknown.push(`${name}@${version}`);
    else {
      const development = entry.dev === true ? { dev: true } : {};
      lock.packages[`node_modules/${name}`] = {
        version,
        ...target,
        ...development,
        optional: true,
      };
      added += 1;
    }
  }
}

for (const entry of Object.values(lock.packages)) delete entry.resolved;
const [root, ...rest] = Object.entries(lock.packages);
lock.packages = Object.fromEntries([root, ...rest.sort(([a], [b]) => (a < b ? -1 : 1))]);
writeFileSync(path, `${JSON.stringify(lock, null, 2)}\n`);
if (unknown.length > 0) {
  process.stderr.write(`package-lock.json: no system known for ${unknown.join(', ')}\n`);
  process.exitCode = 1;
}
process.stdout.write(`package-lock.json: ${added} optional packages of other systems added\n`);
