import type { Platform } from '../platform.ts';
import { frendsSettings } from './frends.config.ts';
import { frendsDocuments } from './frends.documents.ts';
import { frendsExamples } from './frends.examples.ts';
import { FrendsConnector, FrendsModule } from './frends.module.ts';
import { FrendsStartOptions } from './frends.options.ts';

/** Frends: processes with versions, deployed to agent groups, moved between tenants as export files. */
export const frends: Platform = {
  name: 'frends',
  title: 'Frends',
  sandbox: 'frends',
  settings: frendsSettings,
  module: FrendsModule,
  connector: FrendsConnector,
  examples: frendsExamples,
  documents: frendsDocuments,
  startOptions: FrendsStartOptions,
  sandboxConnection: (url) => ({
    platform: 'frends',
    baseUrl: url,
    auth: {
      type: 'clientCredentials',
      tokenUrl: `${url}/sandbox-directory/oauth2/v2.0/token`,
      clientId: 'sandbox-client',
      clientSecret: { env: 'SANDBOX_SECRET' },
      scope: 'api://frends-platform-api/.default',
    },
  }),
};
