import type { Platform } from '../platform.ts';
import { odslSettings } from './odsl.config.ts';
import { odslDocuments } from './odsl.documents.ts';
import { odslExamples } from './odsl.examples.ts';
import { OdslConnector, OdslModule } from './odsl.module.ts';
import { OdslStartOptions } from './odsl.options.ts';

/** OpenDataDSL: process configurations with versions, tags and a cron of its own. */
export const odsl: Platform = {
  name: 'odsl',
  title: 'OpenDataDSL',
  sandbox: 'odsl',
  settings: odslSettings,
  module: OdslModule,
  connector: OdslConnector,
  examples: odslExamples,
  documents: odslDocuments,
  startOptions: OdslStartOptions,
  sandboxConnection: (url) => ({
    platform: 'odsl',
    baseUrl: `${url}/api`,
    auth: {
      type: 'clientCredentials',
      tokenUrl: `${url}/sandbox-tenant/oauth2/v2.0/token`,
      clientId: 'sandbox-client',
      clientSecret: { env: 'SANDBOX_SECRET' },
      scope: 'api://opendatadsl/.default',
    },
  }),
  sandboxEnvironments: { uat: { environment: 'uat' } },
};
