import type { Platform } from '../platform.ts';
import { concordSettings } from './concord.config.ts';
import { concordDocuments } from './concord.documents.ts';
import { concordExamples } from './concord.examples.ts';
import { ConcordConnector, ConcordModule } from './concord.module.ts';
import { ConcordStartOptions } from './concord.start-options.ts';

/** Concord: flows in the Git repositories of projects, without versions of their own. */
export const concord: Platform = {
  name: 'concord',
  title: 'Concord',
  sandbox: 'concord',
  settings: concordSettings,
  module: ConcordModule,
  connector: ConcordConnector,
  examples: concordExamples,
  documents: concordDocuments,
  startOptions: ConcordStartOptions,
  // Enabling and refreshing are of a repository with all its flows.
  changedWith: (key) => key.split(':').slice(0, 3).join(':'),
  sandboxConnection: (url) => ({
    platform: 'concord',
    baseUrl: url,
    auth: { type: 'apiKey', key: { env: 'SANDBOX_SECRET' } },
  }),
};
