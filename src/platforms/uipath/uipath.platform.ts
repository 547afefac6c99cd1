import type { Platform } from '../platform.ts';
import { uipathSettings } from './uipath.config.ts';
import { uipathDocuments } from './uipath.documents.ts';
import { uipathExamples } from './uipath.examples.ts';
import { UipathConnector, UipathModule } from './uipath.module.ts';
import { UipathStartOptions } from './uipath.options.ts';

/** UiPath Orchestrator: packages with NuGet versions, deployed as releases into folders. */
export const uipath: Platform = {
  name: 'uipath',
  title: 'UiPath Orchestrator',
  sandbox: 'uipath',
  settings: uipathSettings,
  module: UipathModule,
  connector: UipathConnector,
  examples: uipathExamples,
  documents: uipathDocuments,
  startOptions: UipathStartOptions,
  sandboxConnection: (url) => ({
    platform: 'uipath',
    baseUrl: `${url}/acme/Production/orchestrator_`,
    auth: {
      type: 'clientCredentials',
      tokenUrl: `${url}/identity_/connect/token`,
      clientId: 'sandbox-client',
      clientSecret: { env: 'SANDBOX_SECRET' },
      scope: 'OR.Execution OR.Folders OR.Jobs OR.Monitoring',
    },
    folder: { path: 'Shared' },
  }),
};
