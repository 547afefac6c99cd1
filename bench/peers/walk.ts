import { createServer } from 'node:http';
import { Agent, request } from 'undici';

/**
 * Bare undici: every page of each OpenDataDSL list, parsed, mapped to the members of a process, all of them put in order
 * and a page of them sent. What has to be done for a cold list, and nothing else.
 */
interface Wire {
  readonly _id: string;
  readonly name: string;
  readonly description: string;
  readonly enabled: boolean;
  readonly tags: readonly string[];
  readonly cron?: string;
  readonly _version: number;
  readonly _timestamp: string;
  readonly _user: string;
  readonly service: string;
}

const sources = (process.env['SOURCES'] ?? '').split(' ').filter((source) => source !== '');
const dispatcher = new Agent({ connections: 4, pipelining: 1 });
const pageSize = 200;
const limit = 50;
const capabilities = ['processes', 'versions', 'packages', 'targets', 'schedules'];

async function page(source: string, skip: number): Promise<{ items: Wire[]; total: number }> {
  const { body, headers } = await request(
    `${source}/process/v1?_limit=${pageSize}&_skip=${skip}&_sort=_id`,
    {
      dispatcher,
      headers: { authorization: 'Bearer sandbox-token', accept: 'application/json' },
    },
  );
  return { items: (await body.json()) as Wire[], total: Number(headers['x-total-count']) };
}

function map(source: number, wire: Wire): object {
  const id = `source${source}:${encodeURIComponent(wire._id)}`;
  const self = `/v1/processes/${encodeURIComponent(id)}`;
  return {
    id,
    connection: `source${source}`,
    platform: 'odsl',
    key: encodeURIComponent(wire._id),
    name: wire.name,
    description: wire.description,
    kind: 'process',
    enabled: wire.enabled,
    latestVersion: String(wire._version),
    labels: wire.tags,
    service: wire.service,
    schedule: wire.cron === undefined ? null : [{ expression: wire.cron, dialect: 'odsl-cron' }],
    createdAt: null,
    updatedAt: new Date(wire._timestamp).toISOString(),
    updatedBy: wire._user,
    capabilities,
    links: {
      self: { href: self, method: 'GET' },
      versions: { href: `${self}/versions`, method: 'GET' },
      package: { href: `${self}/package`, method: 'GET' },
      deployments: null,
      start: null,
    },
    native: null,
  };
}

async function walk(source: string, index: number): Promise<object[]> {
  const first = await page(source, 0);
  const count = Math.ceil(first.total / pageSize);
  const rest = await Promise.all(
    Array.from({ length: count - 1 }, (_, at) => page(source, (at + 1) * pageSize)),
  );
  return [first, ...rest].flatMap(({ items }) => items.map((item) => map(index, item)));
}

createServer((_request, response) => {
  void Promise.all(sources.map(walk)).then((lists) => {
    const all = lists.flat() as { name: string }[];
    all.sort((a, b) => (a.name < b.name ? -1 : 1));
    const body = JSON.stringify({ data: all.slice(0, limit), total: all.length });
    response.writeHead(200, { 'content-type': 'application/json' }).end(body);
  });
}).listen(Number(process.env['PORT']), '127.0.0.1');
