import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { Browser, Locator } from 'playwright-core';
import { exposedHeaders } from '../../src/http/cors.ts';
import { browserProgram, launchBrowser, type OpenPage, openPage } from '../support/browser.ts';
import { change } from '../support/changes.ts';
import { CommittedDocument } from '../support/documented.ts';
import { type Gateway, Stage } from '../support/gateway.ts';
import { at, send } from '../support/http.ts';
import { smokeTest } from '../support/reads.ts';
import { aloud } from '../support/redis.ts';
import { runThat, start } from '../support/runs.ts';

jest.setTimeout(90_000);

const document = await CommittedDocument.read();
/** What cannot be done with what there is: nothing is in doubt, and the operation has ended. */
const refusals = new Map([
  ['resolveRun', [409, 'is not in doubt']],
  ['resolveOperation', [409, 'is not in doubt']],
  ['cancelOperation', [409, 'has ended']],
] as const);
const imported = { _id: 'FROM_SWAGGER', name: 'FROM_SWAGGER', service: 'ETL', script: 'return 1' };
const program = browserProgram();
if (program === null) {
  aloud('NOT CHECKED: no Chromium or Chrome is on PATH and CHROMIUM names none, so Swagger UI was');
  aloud('not opened, and no page of another origin has called the gateway.');
}

(program === null ? describe.skip : describe)('in a real browser', () => {
  let stage: Stage;
  let gateway: Gateway;
  let browser: Browser;
  let operationId: string;

  beforeAll(async () => {
    browser = await launchBrowser(program ?? '');
    stage = await Stage.open();
    const config = { connections: stage.asStarted() };
    [gateway] = await Promise.all([stage.gateway({ config }), stage.worker({ config })]);
    const process = await smokeTest(gateway, 'odsl');
    operationId = (await change(gateway, 'patch', at(process), { enabled: true })).body.id;
  });
  // Before the gateway ends: a page that still asks would keep it.
  afterAll(() => browser.close());
  afterAll(() => stage.close());

  describe('Swagger UI', () => {
    let docs: OpenPage;

    beforeAll(async () => {
      docs = await openPage(browser, `${gateway.baseUrl}/docs`);
      await docs.page.locator('.opblock').first().waitFor();
    });

    /** An operation, unfolded alone and without its last answer: the more a page shows, the slower it is. */
    async function unfolded(id: string): Promise<Locator> {
      const { page } = docs;
      const open = page.locator('.opblock.is-open .opblock-summary-control');
      while ((await open.count()) > 0) await open.first().click();
      const operation = page.locator(`.opblock[id$="-${id}"]`);
      await operation.locator('.opblock-summary-control').click();
      const clear = operation.getByRole('button', { name: 'Clear' });
      if (await clear.isVisible()) await clear.click();
      return operation;
    }

    /** Presses Execute, and gives the status and the body that the page then shows. */
    async function execute(operation: Locator): Promise<{ status: string; body: string }> {
      await operation.getByRole('button', { name: 'Execute' }).click();
      const answer = operation.locator('.live-responses-table tr.response');
      const status = await answer.locator('.response-col_status').innerText();
      return { status, body: await answer.locator('.response-col_description').innerText() };
    }

    function field(operation: Locator, name: string): Locator {
      return operation.locator(`tr[data-param-name="${name}"] input`);
    }

    it('shows every operation', async () => {
      const blocks = await docs.page.locator('.opblock').all();
      const shown = await Promise.all(blocks.map((block) => block.getAttribute('id')));
      const ids = document.operations().map(({ id }) => id);
      expect(shown.map((id) => id?.replace(/^.*-/, '')).sort()).toEqual(ids.sort());
    });

    it.each(document.operations().map(({ id, path }) => [id, path] as const))(
      'tries %s with what is filled in already, and shows the answer',
      async (id, path) => {
        const operation = await unfolded(id);
        // Only its caller knows what it is called.
        if (path.startsWith('/v1/operations/')) await field(operation, 'id').fill(operationId);
        // A page cannot choose a file by itself.
        if (id === 'importFile')
          await operation.locator('input[type="file"]').setInputFiles({
            name: 'from-swagger.json',
            mimeType: 'application/json',
            buffer: Buffer.from(JSON.stringify(imported)),
          });
        const { status, body } = await execute(operation);
        // What is filled in changes nothing.
        if (id === 'importFile') expect(body).toContain('"planToken"');
        const [code, words] = refusals.get(id as never) ?? [2, ''];
        expect(status.startsWith(String(code))).toBe(true);
        expect(body).toContain(words);
        expect(body).not.toBe('');
      },
    );

    it('sends what is filled in', async () => {
      const operation = await unfolded('listProcesses');
      await field(operation, 'q').fill('smoke test');
      const { status, body } = await execute(operation);
      expect(status).toMatch(/^200/);
      expect(body).toContain('"total": 5');
      expect(body).toContain('"id": "frends:');
    });

    it('left no complaint, and asked nobody but the gateway', () => {
      const refused = [...refusals.values()].map(([status]) => `status of ${status}`);
      const complained = docs.complaints.map((text) => /status of \d+/.exec(text)?.[0]);
      expect(complained.toSorted()).toEqual(refused.toSorted());
      expect([...docs.hosts]).toEqual([new URL(gateway.baseUrl).host]);
    });

    it('plans an import of a file, and imports it', async () => {
      const operation = await unfolded('importFile');
      const buffer = Buffer.from(JSON.stringify({ ...imported, _id: 'TRIED', name: 'TRIED' }));
      // Whatever else is chosen makes the page forget the file.
      const only = async (choice: string): Promise<void> => {
        const select = operation.locator('tr[data-property-name="validateOnly"] select');
        await select.selectOption(choice);
        const file = operation.locator('input[type="file"]');
        await file.setInputFiles({ name: 'tried.json', mimeType: 'application/json', buffer });
      };
      await only('true');
      const plan = await execute(operation);
      expect(plan.status).toMatch(/^200/);
      expect(plan.body).toContain('"planToken"');
      await operation.getByRole('button', { name: 'Clear' }).click();
      await only('false');
      const done = await execute(operation);
      expect(done.status).toMatch(/^202/);
      expect(done.body).toContain('"kind": "import"');
    });

    it('shows the problem that a bad value is answered with', async () => {
      const operation = await unfolded('listProcesses');
      await field(operation, 'sort').fill('colour');
      const { status, body } = await execute(operation);
      expect(status).toMatch(/^400/);
      expect(body).toContain('"code": "invalid_request"');
      expect(body).toContain('application/problem+json');
    });
  });

  describe('a page of another origin', () => {
    let other: Server;
    let script: OpenPage;

    beforeAll(async () => {
      other = createServer((_request, response) => {
        response.setHeader('content-type', 'text/html');
        response.end('<!doctype html><title>A frontend</title><link rel="icon" href="data:," />');
      });
      await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
      const { port } = other.address() as AddressInfo;
      script = await openPage(browser, `http://localhost:${port}/`);
    });
    afterAll(() => {
      other.close();
    });

    /** Status, headers and body as a script of the page reads them. */
    function fetched(
      path: string,
      method = 'GET',
      headers: Readonly<Record<string, string>> = {},
    ): Promise<{ status: number; headers: Record<string, string>; text: string }> {
      return script.page.evaluate(
        async ({ url, ...request }) => {
          const answer = await fetch(url, request);
          const read = Object.fromEntries(answer.headers.entries());
          return { status: answer.status, headers: read, text: await answer.text() };
        },
        { url: gateway.baseUrl + path, method, headers },
      );
    }

    it('reads the list and what its headers say', async () => {
      const { status, headers, text } = await fetched('/v1/processes?limit=1', 'GET', {
        'Cache-Control': 'max-age=60',
        'X-Request-Id': 'a-frontend-1',
      });
      expect(status).toBe(200);
      expect(JSON.parse(text)).toHaveProperty('page.nextCursor', expect.any(String));
      expect(headers).toMatchObject({
        age: expect.stringMatching(/^\d+$/),
        'cache-status': expect.stringContaining('process-gateway'),
        etag: expect.stringMatching(/^W\/"/),
        'gateway-complete': '?1',
        link: expect.stringContaining('rel="next"'),
        'x-request-id': 'a-frontend-1',
      });
    });

    it('reads whether it was waited for, and when to come back', async () => {
      const refreshed = await fetched('/v1/connections/odsl/refresh', 'POST', {
        Prefer: 'wait=10',
      });
      expect(refreshed.headers['preference-applied']).toBe('wait=10');
      stage.sandbox('odsl').faults.add({
        path: '/process/v1/SMOKE_TEST',
        fault: { kind: 'status', status: 429, headers: { 'retry-after': '60' } },
      });
      const refused = await fetched('/v1/processes/odsl:SMOKE_TEST?include=native');
      expect([refused.status, refused.headers['retry-after']]).toEqual([503, '60']);
    });

    it.each(['events', 'log'] as const)(
      'gets the %s of a run by EventSource until its end, and then stops asking',
      async (what) => {
        const { body } = await start(gateway, await smokeTest(gateway, 'concord'));
        const url = `${gateway.baseUrl}/v1/runs/${encodeURIComponent(body.id)}/${what}`;
        await runThat(gateway, body.id, ({ nativeId }) => nativeId !== null);
        const got = await script.page.evaluate(async (stream) => {
          const source = new EventSource(stream);
          const events: { event: string; data: string }[] = [];
          for (const name of ['run', 'log', 'end'])
            source.addEventListener(name, (event) => {
              if (event instanceof MessageEvent)
                events.push({ event: name, data: String(event.data) });
            });
          // After the end it asks once more with the id of the last event, as the standard wants, and is told 204.
          await new Promise<void>((resolve) => {
            source.addEventListener('error', () => {
              if (source.readyState === EventSource.CLOSED) resolve();
            });
          });
          return events;
        }, url);
        expect(got.at(-1)?.event).toBe('end');
        expect(got.filter(({ event }) => event === 'end')).toHaveLength(1);
        const told = got.map(({ data }) => data).join('');
        expect(told).toContain(what === 'events' ? '"status":"succeeded"' : 'Smoke test: done');
      },
    );

    it('may read every header that means something to it', async () => {
      const answer = await send(gateway, 'get', '/v1/processes', {
        headers: { origin: 'http://localhost:5173' },
      });
      expect(answer.headers['access-control-expose-headers']?.split(', ').sort()).toEqual(
        [...exposedHeaders].sort(),
      );
    });
  });
});
