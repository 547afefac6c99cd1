import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { endWithParent } from './end-with-parent.ts';
import { failStart } from './fail-start.ts';
import { StartError } from './preflight.ts';
import { sandboxes } from './sandbox/index.ts';
import { recordTo } from './sandbox/kit/record.ts';
import {
  type Sandbox,
  sandboxCredentials,
  type SandboxOptions,
  watchers,
} from './sandbox/kit/sandbox.ts';

const usage = `npm run sandbox -- [--only NAME]… [--port N] [--size N] [--data DIR]
  --only   one of ${Object.keys(sandboxes).join(', ')}; may be repeated; all when left out
  --port   port of the first one, the next ones follow; free ones when left out
  --size   processes on each; the company's own when left out
  --data   folder that keeps their state and their ports; only in memory when left out
SANDBOX_RECORD names a file that every request and its answer is appended to.`;

/** What the command line asks for. */
interface Wanted {
  readonly names: readonly string[];
  readonly port: number | null;
  readonly size: number | null;
  readonly data: string | null;
  readonly help: boolean;
}

/** Sandboxes alone: stand-ins for the platforms, for whoever builds against them. */
async function main(): Promise<void> {
  endWithParent();
  const wanted = readArguments();
  if (wanted.help) {
    process.stdout.write(`${usage}\n`);
    return;
  }
  const record = process.env['SANDBOX_RECORD'] ?? '';
  if (record !== '') watchers.add(recordTo(record));
  const ports = wanted.data === null ? {} : keptPorts(wanted.data);
  const running = await Promise.all(
    wanted.names.map((name, index) => start(name, index, wanted, ports[name])),
  );
  if (wanted.data !== null) keepPorts(wanted.data, running);
  const stop = (): void => {
    void Promise.all(running.map((sandbox) => sandbox.close())).then(() => process.exit(0));
  };
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
  for (const { name, url } of running) process.stdout.write(`${name.padEnd(8)} ${url}\n`);
  process.stdout.write(`credentials: ${JSON.stringify(sandboxCredentials)}\n`);
  process.stdout.write('where a platform takes an API key, it is the clientSecret\n');
  process.send?.({ urls: Object.fromEntries(running.map(({ name, url }) => [name, url])) });
}

/** @throws StartError naming everything that is wrong */
function readArguments(): Wanted {
  const problems: string[] = [];
  const values = parsed(problems);
  const names = values.only ?? Object.keys(sandboxes);
  const unknown = names.filter((name) => sandboxes[name] === undefined);
  problems.push(...unknown.map((name) => `there is no sandbox "${name}"`));
  const port = whole('port', values.port, 65_535 - names.length, problems);
  const size = whole('size', values.size, 1_000_000, problems);
  if (problems.length > 0) throw new StartError([...problems, `this is how: ${usage}`]);
  return { names, port, size, data: values.data ?? null, help: values.help === true };
}

interface Values {
  only?: string[];
  port?: string;
  size?: string;
  data?: string;
  help?: boolean;
}

function parsed(problems: string[]): Values {
  try {
    const { values } = parseArgs({
      options: {
        only: { type: 'string', multiple: true },
        port: { type: 'string' },
        size: { type: 'string' },
        data: { type: 'string' },
        help: { type: 'boolean', short: 'h' },
      },
    });
    return values;
  } catch (error) {
    problems.push((error as Error).message);
    return {};
  }
}

function whole(
  name: string,
  text: string | undefined,
  most: number,
  problems: string[],
): number | null {
  if (text === undefined) return null;
  if (/^\d{1,7}$/.test(text) && Number(text) <= most) return Number(text);
  problems.push(`--${name} takes a whole number of ${most} at most, not "${text}"`);
  return null;
}

async function start(
  name: string,
  index: number,
  { port, size, data }: Wanted,
  kept: number | undefined,
): Promise<Sandbox> {
  const open = (at: number): Promise<Sandbox> => {
    const options: SandboxOptions = {
      port: at,
      ...(size === null ? {} : { size }),
      ...(data === null ? {} : { file: join(data, `${name}.json`) }),
    };
    const startSandbox = sandboxes[name];
    if (startSandbox === undefined) throw new Error(`there is no sandbox ${name}`);
    return startSandbox(options);
  };
  try {
    return await open(port === null ? (kept ?? 0) : port + index);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
    if (port === null) return open(0);
    throw new StartError([`port ${port + index}, for ${name}, is taken by another program`]);
  }
}

/** Whoever is configured with the address of a sandbox finds it there again after it was started anew. */
function keptPorts(data: string): Readonly<Record<string, number>> {
  try {
    return JSON.parse(readFileSync(portsFile(data), 'utf8')) as Record<string, number>;
  } catch {
    return {}; // The first start, or a file that was cut short: then they get new ones.
  }
}

function keepPorts(data: string, running: readonly Sandbox[]): void {
  mkdirSync(data, { recursive: true });
  const ports = running.map(({ name, url }) => [name, Number(new URL(url).port)]);
  writeFileSync(portsFile(data), JSON.stringify(Object.fromEntries(ports)));
}

function portsFile(data: string): string {
  return join(data, 'ports.json');
}

main().catch(failStart);
