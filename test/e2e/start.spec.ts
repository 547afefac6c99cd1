import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { ask } from '../support/data-folders.ts';
import { eventually } from '../support/eventually.ts';
import { recordedExchanges } from '../support/exchanges.ts';
import { DataFolder, type Part, partsOf, pidOf } from '../support/everything.ts';
import { get, list, type MergedList } from '../support/http.ts';
import { runs } from '../support/processes.ts';
import type { Program } from '../support/program.ts';

jest.setTimeout(90_000);

let folder: DataFolder;
/** The start that is up; each test leaves one for the next. */
let up: Program;
let cursor = '';

/** What the sandboxes are asked and answer, outside the data folder, which a reset clears. */
const scratch = mkdtempSync(join(tmpdir(), 'process-gateway-record-'));
const record = join(scratch, 'exchanges.ndjson');

const start = () => folder.start({ SANDBOX_RECORD: record });

/** Promised are about ten seconds; this machine may have other things to do. */
const longestStartMs = 30_000;
let startTookMs = 0;

beforeAll(async () => {
  folder = await DataFolder.make();
  const begun = Date.now();
  up = await start();
  startTookMs = Date.now() - begun;
});
afterAll(async () => {
  await folder.remove();
  rmSync(scratch, { recursive: true });
});

/** The list as the platforms have it now; what was read before counts for half a minute otherwise. */
const listed = (query = '') =>
  get<MergedList>(folder, `/v1/processes${query}`, { 'cache-control': 'no-cache' });

/** Sends Ctrl-C as a terminal does, and gives the parts that were still there when Redis was gone. */
async function interrupt(program: Program, redis: number): Promise<Part[]> {
  const parts = partsOf(program);
  program.signalGroup('SIGINT');
  await eventually(() => {
    expect(runs(redis)).toBe(false);
  }, 30_000);
  const left = [...parts].filter(([, pid]) => runs(pid)).map(([part]) => part);
  expect((await program.end()).code).toBe(0);
  return left;
}

/** Where the embedded Redis answers, with its password. */
function redisUrl(): string {
  const [name = ''] = readdirSync(join(folder.path, 'redis')).filter((each) =>
    each.startsWith('address-'),
  );
  const { port, password } = JSON.parse(readFileSync(join(folder.path, 'redis', name), 'utf8')) as {
    port: number;
    password: string;
  };
  return `redis://:${password}@127.0.0.1:${port}`;
}

describe('npm start', () => {
  it('says what runs where, and that it does', async () => {
    const { output } = up;
    for (const text of [
      `http://localhost:${folder.port}/v1/processes`,
      `http://localhost:${folder.port}/docs`,
      `curl 'http://localhost:${folder.port}/v1/processes?limit=3'`,
      'concord, frends, odsl, odsl-uat, uipath (sandboxes',
      'durable',
      folder.path,
    ]) {
      expect(output).toContain(text);
    }
    const { body, headers } = await list(folder, '?limit=5');
    expect(headers['gateway-complete']).toBe('?1');
    expect(body.sources.map(({ status }) => status)).toEqual(Array(5).fill('fresh'));
    cursor = body.page.nextCursor ?? '';
  });

  it('is there within seconds', () => {
    expect(startTookMs).toBeLessThan(longestStartMs);
  });

  it('serves the documentation of what it serves', async () => {
    const page = await get(folder, '/docs');
    expect([page.status, page.text]).toEqual([200, expect.stringContaining('swagger-ui')]);
    const script = await get(folder, '/docs/swagger-ui-bundle.js');
    expect(script.status).toBe(200);
    const { body } = await get<unknown>(folder, '/openapi.json');
    const committed = new URL('../../openapi/openapi.json', import.meta.url);
    expect(body).toEqual(JSON.parse(readFileSync(fileURLToPath(committed), 'utf8')));
  });

  it('runs four parts, everything embedded on loopback only', async () => {
    expect([...partsOf(up).keys()]).toEqual(['gateway', 'worker', 'sandboxes', 'redis']);
    expect(folder.sandboxUrl('odsl')).toMatch(/^http:\/\/127\.0\.0\.1:\d+\//);
    expect(readdirSync(folder.path)).toEqual(
      expect.arrayContaining(['logs', 'redis', 'sandbox', 'sandbox.gateway.yaml']),
    );
    await eventually(() => {
      const logs = readFileSync(`${folder.path}/logs/worker.log`, 'utf8');
      expect(logs).toContain('"msg":"working"');
    });
  });

  it('is refused a second time on the same port and folder, both said at once', async () => {
    const second = folder.run('start');
    expect((await second.end()).code).toBe(1);
    expect(second.output).toContain(`port ${folder.port} on 127.0.0.1 is taken`);
    expect(second.output).toContain(`another start uses the data folder ${folder.path}`);
    expect((await list(folder)).status).toBe(200);
  });

  it('is not reset while it runs', async () => {
    const reset = folder.run('reset');
    expect((await reset.end()).code).toBe(1);
    expect(reset.output).toContain('is running: stop it first');
    expect((await list(folder)).status).toBe(200);
  });

  it.each(['gateway', 'worker', 'sandboxes'] as const)(
    'starts %s again after a kill',
    async (part) => {
      const before = pidOf(up, part);
      process.kill(before, 'SIGKILL');
      await up.until(new RegExp(`The ${part} ended \\(SIGKILL\\); starting it again`));
      await eventually(() => {
        expect(partsOf(up).get(part)).not.toBe(before);
        expect(partsOf(up).has(part)).toBe(true);
      });
      await eventually(async () => {
        const { body } = await listed();
        expect(body.sources.map(({ status }) => status)).toEqual(Array(5).fill('fresh'));
      }, 30_000);
    },
  );

  it('starts Redis again after a kill, where it was and with its data, and answers meanwhile', async () => {
    const url = redisUrl();
    await ask(url, async (client) => {
      await client.config('SET', 'appendfsync', 'always');
      await client.set('survives', 'a kill');
    });
    const before = pidOf(up, 'redis');
    const { data } = (await list(folder, '?limit=200')).body;
    process.kill(before, 'SIGKILL');
    expect((await list(folder, '?limit=200')).body.data).toEqual(data);
    await up.until(/The embedded Redis ended; starting it again/);
    await eventually(() => {
      expect(pidOf(up, 'redis')).not.toBe(before);
    });
    await eventually(async () => {
      expect(await ask(url, (client) => client.get('survives'))).toBe('a kill');
      const { body } = await get<{ redis: string }>(folder, '/health/ready');
      expect(body.redis).toBe('ok');
    });
    expect(redisUrl()).toBe(url);
    expect([...partsOf(up).keys()]).toEqual(['gateway', 'worker', 'sandboxes', 'redis']);
  });

  it('is ended by Ctrl-C, all of it, Redis last', async () => {
    const created = await fetch(`${folder.sandboxUrl('odsl')}/process/v1`, {
      method: 'POST',
      headers: { authorization: 'Bearer sandbox-token' },
      body: JSON.stringify({ _id: 'MADE_BEFORE', name: 'Made before', script: 'Made' }),
    });
    expect(created.status).toBe(200);
    expect(await interrupt(up, pidOf(up, 'redis'))).toEqual([]);
    expect(up.output).toContain('Stopping …');
  });

  it('finds its data when it is started again', async () => {
    up = await start();
    const { body } = await listed('?q=made%20before');
    expect(body.data[0]?.id).toBe('odsl:MADE_BEFORE');
    const next = await get(folder, `/v1/processes?limit=5&cursor=${cursor}`);
    expect(next.status).toBe(200);
  });

  it('leaves nothing but Redis when it is killed, and takes that up again', async () => {
    const parts = partsOf(up);
    const redis = pidOf(up, 'redis');
    await up.kill();
    await eventually(() => {
      const running = [...parts].filter(([, pid]) => runs(pid)).map(([part]) => part);
      expect(running).toEqual(['redis']);
    }, 30_000);
    up = await start();
    expect(up.output).toContain('still running from the last start');
    const { body, headers } = await listed('?q=made%20before');
    expect([body.data.length, headers['gateway-complete']]).toEqual([1, '?1']);
    expect(await interrupt(up, redis)).toEqual([]);
  });

  it('begins anew after a reset', async () => {
    const reset = folder.run('reset');
    expect((await reset.end()).code).toBe(0);
    expect(reset.output).toContain('is cleared');
    expect(readdirSync(folder.path)).toEqual([]);
    const again = folder.run('reset');
    expect((await again.end()).code).toBe(0);
    expect(again.output).toContain('holds nothing to clear');
  });

  it('ends, and says so, when its Redis ends again and again', async () => {
    up = await start();
    const parts = partsOf(up);
    for (let kills = 0; kills < 12 && !up.hasEnded; kills += 1) {
      const redis = pidOf(up, 'redis');
      process.kill(redis, 'SIGKILL');
      await eventually(() => {
        // It notes the server that it has taken up.
        const noted = () => readFileSync(join(folder.path, 'redis', 'redis.pid'), 'utf8');
        expect(up.hasEnded || Number(noted()) !== redis).toBe(true);
      });
    }
    expect((await up.end()).code).toBe(1);
    expect(up.output).toMatch(
      /^The embedded Redis ends again and again; .*redis\.log may say why\.$/m,
    );
    expect(up.output.match(/starting it again/g)).toHaveLength(5);
    expect([...parts.values()].filter(runs)).toEqual([]);
  });

  it('has asked every platform for what its API document has, through all of this', async () => {
    const exchanges = recordedExchanges(record);
    const { concord, frends, odsl, uipath } = exchanges.counts();
    expect(Math.min(concord ?? 0, frends ?? 0, odsl ?? 0, uipath ?? 0)).toBeGreaterThan(5);
    expect(await exchanges.violations()).toEqual([]);
  });
});
