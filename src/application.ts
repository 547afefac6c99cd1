import fastifyCors from '@fastify/cors';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { SwaggerModule } from '@nestjs/swagger';
import { createApiDocument } from './api-document.ts';
import { Catalogue } from './catalogue/catalogue.ts';
import type { GatewayConfig } from './config/gateway.config.ts';
import { GatewayModule } from './gateway.module.ts';
import { allowedOrigins, exposedHeaders } from './http/cors.ts';
import { collectRoutes, createAdapter, refuseOtherMethods } from './http/fastify.ts';
import { ProblemFilter } from './http/problem.filter.ts';
import { QueryPipe } from './http/query.ts';
import { answerHot } from './processes/answer-hot.ts';
import type { Log } from './telemetry/log.ts';
import { NestLogger } from './telemetry/nest-logger.ts';
import { version } from './version.ts';

/** Makes the HTTP application, ready to listen. */
export async function createApplication(
  config: GatewayConfig,
  log: Log,
): Promise<NestFastifyApplication> {
  const origins = allowedOrigins(config);
  const adapter = createAdapter(log, origins);
  const fastify = adapter.getInstance();
  const routes = collectRoutes(fastify);
  const app = await NestFactory.create<NestFastifyApplication>(
    GatewayModule.of(config, log),
    adapter,
    {
      logger: new NestLogger(log),
      abortOnError: false,
      bodyParser: false,
    },
  );
  fastify.addHook('onRequest', answerHot(app.get(Catalogue)));
  await app.register(fastifyCors, {
    origin: origins,
    exposedHeaders,
    // An OPTIONS that is no preflight is answered as well, instead of refused in the plugin's own words.
    strictPreflight: false,
    methods: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'],
    maxAge: 600,
  });
  app.useGlobalFilters(new ProblemFilter(log));
  app.useGlobalPipes(new QueryPipe());
  SwaggerModule.setup('docs', app, createApiDocument(app, version), {
    jsonDocumentUrl: 'openapi.json',
    yamlDocumentUrl: 'openapi.yaml',
    customSiteTitle: 'Process gateway',
    swaggerOptions: {
      tryItOutEnabled: true,
      displayRequestDuration: true,
      persistAuthorization: true,
    },
  });
  app.enableShutdownHooks();
  await app.init();
  refuseOtherMethods(fastify, routes);
  return app;
}
