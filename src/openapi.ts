import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { createApiDocument } from './api-document.ts';
import { capabilityTable } from './capability-table.ts';
import { configSchema } from './config/config-schema.ts';
import type { GatewayConfig } from './config/gateway.config.ts';
import { documentsTable } from './documents-table.ts';
import { failStart } from './fail-start.ts';
import { GatewayModule } from './gateway.module.ts';
import { replaceTable } from './generated-table.ts';
import { createAdapter } from './http/fastify.ts';
import { openedPlatforms } from './opened-platforms.ts';
import { platforms } from './platforms/all.ts';
import { createLog } from './telemetry/log.ts';
import { version } from './version.ts';

/** Writes what is generated and committed: the OpenAPI document, the schema of the configuration, the README's tables. */
async function main(): Promise<void> {
  const folder = fileURLToPath(new URL('../openapi/', import.meta.url));
  mkdirSync(folder, { recursive: true });
  const log = createLog('openapi', 'error');
  // Nothing is instantiated in preview mode, so nothing reads this configuration.
  const config = {} as GatewayConfig;
  const app = await NestFactory.create(GatewayModule.of(config, log), createAdapter(log, []), {
    preview: true,
    logger: false,
    abortOnError: false,
  });
  write(`${folder}openapi.json`, createApiDocument(app, version));
  write(`${folder}gateway.config.schema.json`, configSchema(platforms));
  const readme = fileURLToPath(new URL('../README.md', import.meta.url));
  const opened = openedPlatforms();
  const page = replaceTable(readFileSync(readme, 'utf8'), 'capabilities', capabilityTable(opened));
  writeFileSync(readme, replaceTable(page, 'documents', documentsTable(opened)));
}

function write(file: string, content: object): void {
  writeFileSync(file, `${JSON.stringify(content, null, 2)}\n`);
}

main().then(() => process.exit(0), failStart);
