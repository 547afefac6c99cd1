import { parseArgs } from 'node:util';
import { join } from 'node:path';
import { endWithParent } from './end-with-parent.ts';
import { failStart } from './fail-start.ts';
import { sandboxes } from './sandbox/index.ts';
import { sandboxCredentials } from './sandbox/kit/sandbox.ts';

const usage = `npm run sandbox -- [--only NAME]… [--port N] [--size N] [--data DIR]
  --only   one of ${Object.keys(sandboxes).join(', ')}; may be repeated; all when left out
  --port   port of the first one, the next ones follow; free ones when left out
  --size   processes on each; the company's own when left out
  --data   folder that keeps their state; only in memory when left out`;

/** Sandboxes alone: stand-ins for the platforms, for whoever builds against them. */
async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      only: { type: 'string', multiple: true },
      port: { type: 'string' },
      size: { type: 'string' },
      data: { type: 'string' },
      help: { type: 'boolean', short: 'h' },
    },
  });
  const names = values.only ?? Object.keys(sandboxes);
  const unknown = names.filter((name) => sandboxes[name] === undefined);
  if (values.help === true || unknown.length > 0) {
    process.stdout.write(`${usage}\n`);
    process.exitCode = unknown.length > 0 ? 2 : 0;
    return;
  }
  const running = await Promise.all(
    names.map((name, index) => {
      const options = {
        ...(values.size === undefined ? {} : { size: whole('size', values.size) }),
        ...(values.port === undefined ? {} : { port: whole('port', values.port) + index }),
        ...(values.data === undefined ? {} : { file: join(values.data, `${name}.json`) }),
      };
      const start = sandboxes[name];
      if (start === undefined) throw new Error(`there is no sandbox ${name}`);
      return start(options);
    }),
  );
  const stop = (): void => {
    void Promise.all(running.map((sandbox) => sandbox.close())).then(() => process.exit(0));
  };
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
  endWithParent();
  for (const { name, url } of running) process.stdout.write(`${name.padEnd(8)} ${url}\n`);
  process.stdout.write(`credentials: ${JSON.stringify(sandboxCredentials)}\n`);
  process.send?.({ urls: Object.fromEntries(running.map(({ name, url }) => [name, url])) });
}

function whole(name: string, text: string): number {
  if (!/^\d{1,7}$/.test(text)) throw new Error(`--${name} takes a whole number, not "${text}"`);
  return Number(text);
}

main().catch(failStart);
