import { Injectable, Module } from '@nestjs/common';
import type { PlatformAdapter } from '../../domain/adapter.ts';
import { anonymous, type Authenticator } from '../../upstream/authenticator.ts';
import { Budgets } from '../../upstream/budget.ts';
import { type OpenUnsigned, standardAuth } from '../../upstream/standard-auth.ts';
import { UpstreamFactory } from '../../upstream/upstream.factory.ts';
import type { UpstreamClient } from '../../upstream/upstream-client.ts';
import { explainGeneric } from '../../upstream/upstream-failure.ts';
import { UpstreamModule } from '../../upstream/upstream.module.ts';
import type { PlatformConnector } from '../platform.ts';
import { UipathAdapter } from './uipath.adapter.ts';
import { listBudgets } from './uipath.budget.ts';
import { UipathChangesClient } from './uipath.changes-client.ts';
import { UipathClient } from './uipath.client.ts';
import type { UipathConfig } from './uipath.config.ts';
import { explainUipath } from './uipath.explain.ts';
import { UipathFiles } from './uipath.files.ts';
import { passwordAuth } from './uipath.password.ts';
import { UipathReleasesClient } from './uipath.releases-client.ts';
import { UipathRunsClient } from './uipath.runs-client.ts';
import { UipathStorage } from './uipath.storage.ts';
import { UipathUploadClient } from './uipath.upload-client.ts';

/** Opens connections to UiPath Orchestrator. */
@Injectable()
export class UipathConnector implements PlatformConnector<UipathConfig> {
  readonly #upstreams: UpstreamFactory;
  readonly #budgets: Budgets;

  constructor(upstreams: UpstreamFactory, budgets: Budgets) {
    this.#upstreams = upstreams;
    this.#budgets = budgets;
  }

  open(config: UipathConfig): PlatformAdapter {
    const { tenantName } = config;
    const http = this.#upstreams.open(config, {
      title: 'UiPath Orchestrator',
      headers: tenantName === undefined ? {} : { 'x-uipath-tenantname': tenantName },
      explain: explainUipath,
      auth: (open) => authenticator(config, open),
    });
    const budgets = listBudgets(this.#budgets, config, http.name);
    const storage = new UipathStorage(http, config, (origin) => this.#anonymous(config, origin));
    return new UipathAdapter(new UipathClient(http, config), config, {
      jobs: new UipathRunsClient(http, config, budgets),
      files: new UipathFiles(http, storage, config),
      releases: new UipathReleasesClient(http, config),
      changes: new UipathChangesClient(http, config),
      uploads: new UipathUploadClient(http, config),
      budget: budgets?.whole ?? null,
    });
  }

  /** The storage that the platform links to gets no credential. */
  #anonymous(config: UipathConfig, origin: URL): UpstreamClient {
    return this.#upstreams.open(
      { ...config, baseUrl: origin },
      {
        title: 'The storage of UiPath Orchestrator',
        explain: explainGeneric,
        auth: () => anonymous,
      },
    );
  }
}

function authenticator({ auth, baseUrl }: UipathConfig, open: OpenUnsigned): Authenticator {
  return auth.type === 'password' ? passwordAuth(auth, open(baseUrl)) : standardAuth(auth, open);
}

@Module({ imports: [UpstreamModule], providers: [UipathConnector], exports: [UipathConnector] })
export class UipathModule {}
