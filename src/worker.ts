import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import { endWithParent } from './end-with-parent.ts';
import { failStart } from './fail-start.ts';
import { preflight } from './preflight.ts';
import { createLog, logWarnings } from './telemetry/log.ts';
import { NestLogger } from './telemetry/nest-logger.ts';
import { WorkerModule } from './worker.module.ts';

/** The worker: works off queues. */
async function main(): Promise<void> {
  endWithParent();
  const { config, warnings } = await preflight(process.env, { port: false });
  const log = createLog('worker', config.log.level);
  logWarnings(log);
  for (const warning of warnings) log.warn(warning);
  const app = await NestFactory.createApplicationContext(WorkerModule.of(config, log), {
    logger: new NestLogger(log),
    abortOnError: false,
  });
  app.enableShutdownHooks();
  log.info({ connections: config.connections.map(({ id }) => id) }, 'working');
}

main().catch(failStart);
