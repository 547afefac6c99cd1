import type { Native } from '../../domain/native.ts';
import { path } from '../../upstream/path.ts';
import type { UpstreamCall } from '../../upstream/upstream-call.ts';
import type { UpstreamClient } from '../../upstream/upstream-client.ts';
import type { RepositoryPlace } from './concord.client.ts';
import type { Sending } from './concord.run-client.ts';
import { operationWire } from './concord.wire.ts';

type Change = Pick<UpstreamCall, 'path' | 'query' | 'headers' | 'body'>;

/** The calls of Concord that change what is defined, one request each. */
export class ConcordChangesClient {
  readonly #http: UpstreamClient;

  constructor(http: UpstreamClient) {
    this.#http = http;
  }

  /**
   * Replaces a repository whole: what the entry leaves out is emptied, its secret too. One that is enabled is read from
   * Git first, and stays as it was where that fails.
   */
  async saveRepository(
    { organization, project }: RepositoryPlace,
    entry: Native,
    sending: Sending,
  ): Promise<void> {
    await this.#post(
      {
        path: path`/api/v1/org/${organization}/project/${project}/repository`,
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(entry),
      },
      sending,
    );
  }

  /** Reads the flows and triggers of a repository from Git; older servers answer before that unless `sync` is said. */
  async refreshRepository(
    { organization, project, repository }: RepositoryPlace,
    sending: Sending,
  ): Promise<void> {
    await this.#post(
      {
        path: path`/api/v1/org/${organization}/project/${project}/repository/${repository}/refresh`,
        query: { sync: true },
      },
      sending,
    );
  }

  async #post(change: Change, sending: Sending): Promise<void> {
    await this.#http.json(operationWire, { method: 'POST', ...change, ...sending });
  }
}
