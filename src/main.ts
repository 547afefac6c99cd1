import 'reflect-metadata';
import { createApplication } from './application.ts';
import { endWithParent } from './end-with-parent.ts';
import { failStart } from './fail-start.ts';
import { preflight } from './preflight.ts';
import { createLog, logWarnings } from './telemetry/log.ts';

/** The gateway: answers HTTP. */
async function main(): Promise<void> {
  endWithParent();
  const { config, warnings } = await preflight(process.env, { port: true });
  const log = createLog('gateway', config.log.level);
  logWarnings(log);
  for (const warning of warnings) log.warn(warning);
  const app = await createApplication(config, log);
  const { host, port } = config.server;
  await app.listen(port, host);
  log.info(
    { url: await app.getUrl(), connections: config.connections.map(({ id }) => id) },
    'listening',
  );
}

main().catch(failStart);
