import { describe, expect, test } from '@jest/globals';
import { Readable } from 'node:stream';
import { isHopeless, isRefusal, isUnsent } from '../../ledger/failures.ts';
import type { FaultRequest } from '../../sandbox/kit/faults.ts';
import { packageOf } from './nupkg.testing.ts';
import { refusal } from './uipath.changes.testing.ts';
import { ImportedUipath, otherPackageOf, told, upload } from './uipath.imports.testing.ts';

const uipath = new ImportedUipath();
const bytes = packageOf('New.One', '1.0.0');
const key = 'New.One:1.0.0';
const applied = ['New.One 1.0.0: created'];

function fail(fault: FaultRequest['fault'], path = upload, times = 1): void {
  uipath.asked.sandbox.faults.add({ path, times, fault });
}

/** The platform's answer, made up. */
function answers(status: number, ...items: readonly object[]): void {
  fail({ kind: 'status', status, body: JSON.stringify({ value: items }) });
}

const item = (Status: string | number, body: object | null): object => ({
  Key: 'x.nupkg',
  Status,
  Body: body === null ? null : JSON.stringify(body),
});

/** What the ledger takes an error for. */
function kindOf(error: unknown): string {
  if (isUnsent(error)) return 'not sent';
  return isRefusal(error) ? 'refused' : 'unknown';
}

describe('an upload to UiPath whose answer is lost', () => {
  test.each<readonly [string, FaultRequest['fault'], boolean]>([
    ['before anything was done', { kind: 'reset' }, false],
    ['after it was done', { kind: 'resetAfterEffect' }, true],
    ['as it never comes', { kind: 'hang' }, false],
    ['half-way', { kind: 'truncated' }, true],
    ['to a web page', { kind: 'html' }, false],
    ['to JSON that is none', { kind: 'garbage' }, false],
    ['to an error of the server', { kind: 'status', status: 500 }, false],
    ['to an error of a proxy', { kind: 'status', status: 502, body: '<html></html>' }, false],
  ])('%s is found done or not, and is done once in the end', async (_name, fault, isDone) => {
    const seen = await uipath.planned('error', bytes);
    fail(fault);
    const error = await refusal(uipath.send(seen, { settings: { importTimeout: 1_000 } }));
    expect(kindOf(error)).toBe('unknown');
    expect(uipath.effects()).toEqual(isDone ? [key] : []);
    const found = await uipath.look(seen);
    if (isDone) {
      const items = [{ ...seen.items[0], versionId: key }];
      expect(found).toEqual({ state: 'applied', receipt: { items } });
    } else {
      expect(found).toEqual({ state: 'absent' });
      expect(told((await uipath.send(seen)).items)).toEqual(applied);
    }
    expect(uipath.effects()).toEqual([key]);
  });

  test('is not believed absent where the list cannot be read to its end', async () => {
    const seen = await uipath.planned('error', packageOf('CreditCheck', '9.0.0'));
    const part = uipath.part({ pageSize: 5 });
    const now = Date.now();
    fail({ kind: 'status', status: 403 }, 'GetProcessVersions.*skip=10', 9);
    const look = part.reconcile(seen.evidence, { from: now, until: now }, uipath.signal());
    await expect(look).rejects.toMatchObject({ code: 'upstream_auth_failed' });
  });
});

describe('a version that stands after an upload got no answer', () => {
  test('is the upload’s where its content is that of the file', async () => {
    const seen = await uipath.planned('error', bytes);
    await uipath.others(bytes);
    expect(await uipath.look(seen)).toMatchObject({ state: 'applied' });
    // It is read once, however often it is looked at.
    expect(await uipath.look(seen)).toMatchObject({ state: 'applied' });
  });

  test.each([
    ['shorter', packageOf('New.One', '1.0.0', '')],
    ['longer', otherPackageOf('New.One', '1.0.0')],
    ['as long', packageOf('New.One', '1.0.0', 'wolf')],
  ])('is somebody else’s where that is another one, and %s', async (_name, other) => {
    const seen = await uipath.planned('error', bytes);
    await uipath.others(other);
    expect(await uipath.look(seen)).toEqual({
      state: 'undecided',
      why: expect.stringContaining('New.One:1.0.0 stands in the feed, and its content is not that'),
      candidates: [],
    });
  });

  test('is nobody’s where it cannot be read', async () => {
    const seen = await uipath.planned('error', bytes);
    await uipath.others(bytes);
    fail({ kind: 'status', status: 404 }, 'DownloadPackage');
    expect(await uipath.look(seen)).toMatchObject({ state: 'undecided' });
    fail({ kind: 'status', status: 403 }, 'DownloadPackage');
    await expect(uipath.look(seen)).rejects.toMatchObject({ code: 'upstream_auth_failed' });
  });

  test('is read once by one connection, however often it is looked at', async () => {
    const seen = await uipath.planned('error', bytes);
    await uipath.others(bytes);
    const part = uipath.part();
    for (let look = 0; look < 3; look += 1)
      await part.reconcile(seen.evidence, { from: 0, until: 0 }, uipath.signal());
    expect(uipath.asked.asked('DownloadPackage')).toHaveLength(1);
  });
});

describe('an upload that UiPath refuses', () => {
  test('as another file of that version came first is a conflict', async () => {
    const seen = await uipath.planned('error', bytes);
    await uipath.others(otherPackageOf('new.one', '1.0'));
    const error = await refusal(uipath.send(seen));
    expect(error).toMatchObject({
      code: 'conflict',
      details: { connection: 'uipath-eu', upstream: { status: 409, code: '1004' } },
    });
    expect(kindOf(error)).toBe('refused');
    expect(uipath.effects()).toEqual(['new.one:1.0']);
  });

  test('as an earlier request of it has arrived after all is done', async () => {
    const seen = await uipath.planned('error', bytes);
    await uipath.others(bytes);
    expect(told((await uipath.send(seen)).items)).toEqual(applied);
    expect(uipath.effects()).toEqual([key]);
  });

  test('for a version that cannot be compared then is in doubt', async () => {
    const seen = await uipath.planned('error', bytes);
    await uipath.others(bytes);
    fail({ kind: 'status', status: 403 }, 'DownloadPackage');
    expect(kindOf(await refusal(uipath.send(seen)))).toBe('unknown');
    expect(await uipath.look(seen)).toMatchObject({ state: 'applied' });
  });

  test('for a version that nobody sees then is a conflict', async () => {
    const seen = await uipath.planned('error', bytes);
    fail({ kind: 'status', status: 400, body: '{"message": "It exists.", "errorCode": 1004}' });
    expect(await refusal(uipath.send(seen))).toMatchObject({ code: 'conflict' });
  });

  test.each([
    [400, 'upstream_rejected'],
    [403, 'upstream_auth_failed'],
    [413, 'upstream_rejected'],
  ])('with %i was not done', async (status, code) => {
    const seen = await uipath.planned('error', bytes);
    fail({ kind: 'status', status, body: '{"message": "No.", "errorCode": 1000}' });
    const error = await refusal(uipath.send(seen));
    expect([kindOf(error), (error as { code: string }).code]).toEqual(['refused', code]);
  });

  test('with a 429 was turned away at the door', async () => {
    const seen = await uipath.planned('error', bytes);
    fail({ kind: 'status', status: 429, headers: { 'retry-after': '1' } });
    expect(kindOf(await refusal(uipath.send(seen)))).toBe('not sent');
  });

  test('with a 401 is refused where what signs in cannot be fetched anew', async () => {
    const seen = await uipath.planned('error', bytes);
    fail({ kind: 'status', status: 401 });
    const error = await refusal(uipath.send(seen));
    expect(kindOf(error)).toBe('refused');
    expect(error).toMatchObject({ code: 'upstream_auth_failed' });
    expect(uipath.effects()).toEqual([]);
  });
});

describe('an answer to an upload that has a status for each package', () => {
  const planned = () => uipath.planned('error', bytes);

  test.each([
    ['BadRequest', { message: 'The package is not valid.', errorCode: 1000 }, 'refused'],
    ['Forbidden', null, 'refused'],
    [422, { Message: 'The package is not valid.' }, 'refused'],
    ['InternalServerError', { message: 'It broke.' }, 'unknown'],
    ['ServiceUnavailable', null, 'unknown'],
    ['SomethingElse', null, 'unknown'],
    ['Ambiguous', null, 'unknown'],
  ])('%s says no, or nothing', async (status, body, kind) => {
    const seen = await planned();
    answers(207, item(status, body));
    const error = await refusal(uipath.send(seen));
    expect(kindOf(error)).toBe(kind);
    if (body !== null) expect(String(error)).toContain(Object.values(body)[0]);
  });

  test('of which it is the conflict is one', async () => {
    const seen = await planned();
    await uipath.others(otherPackageOf('New.One', '1.0.0'));
    answers(207, item('Conflict', { message: 'Package already exists.' }));
    expect(await refusal(uipath.send(seen))).toMatchObject({
      code: 'conflict',
      details: { upstream: { status: 409, message: 'Package already exists.' } },
    });
  });

  test.each([
    ['OK', { Id: 'new.ONE', Version: '1.0' }, '1.0'],
    ['Created', null, '1.0.0'],
    [200, {}, '1.0.0'],
  ])('%s with %j says yes', async (status, body, version) => {
    const seen = await planned();
    answers(207, item(status, body));
    const { items } = await uipath.send(seen);
    expect(items).toMatchObject([{ version, versionId: `New.One:${version}`, effect: 'created' }]);
  });

  test.each<readonly [string, readonly object[]]>([
    ['of another package', [item('OK', { Id: 'Other', Version: '1.0.0' })]],
    ['of another version', [item('OK', { Id: 'New.One', Version: '1.0.1' })]],
    ['of none', []],
    ['of two', [item('OK', null), item('OK', null)]],
    ['without a status', [{ Key: 'x', Body: '{}' }]],
  ])('but speaks %s is no answer', async (_name, items) => {
    const seen = await planned();
    answers(200, ...items);
    const error = await refusal(uipath.send(seen));
    expect(error).toMatchObject({ code: 'upstream_contract', details: { sent: 'maybe' } });
    expect(await uipath.look(seen)).toEqual({ state: 'absent' });
  });
});

describe('an import of several packages into UiPath', () => {
  const names = ['One', 'Two', 'Three'];
  const all = names.map((name) => packageOf(name, '1.0.0'));
  /** The request of this number fails. */
  async function failing(
    at: number,
    fault: FaultRequest['fault'],
  ): Promise<Awaited<ReturnType<typeof uipath.planned>>> {
    const seen = await uipath.planned('error', ...all);
    for (let before = 0; before < at; before += 1) fail({ kind: 'latency', ms: 0 });
    fail(fault);
    return seen;
  }

  test.each([
    [0, { kind: 'reset' } as const, []],
    [1, { kind: 'reset' } as const, ['One']],
    [1, { kind: 'resetAfterEffect' } as const, ['One', 'Two']],
    [2, { kind: 'resetAfterEffect' } as const, ['One', 'Two', 'Three']],
  ])(
    'that breaks at number %i is gone on with, and nothing is sent twice',
    async (at, fault, done) => {
      const seen = await failing(at, fault);
      expect(kindOf(await refusal(uipath.send(seen)))).toBe('unknown');
      expect(uipath.effects()).toEqual(done.map((name) => `${name}:1.0.0`));
      const found = await uipath.look(seen);
      const state = ['absent', 'partial', 'partial', 'applied'][done.length];
      expect(found.state).toBe(state);
      if (found.state === 'partial')
        expect(told(found.receipt.items)).toEqual(
          names.map((name, place) =>
            place < done.length
              ? `${name} 1.0.0: created`
              : `${name} 1.0.0: failed (${place === done.length ? 'upstream_unavailable' : 'conflict'})`,
          ),
        );
      expect(told((await uipath.send(seen)).items)).toEqual(
        names.map((name) => `${name} 1.0.0: created`),
      );
      expect(uipath.effects()).toEqual(names.map((name) => `${name}:1.0.0`));
    },
  );

  test('of which the platform refuses one says what became of each', async () => {
    const seen = await failing(1, { kind: 'status', status: 400, body: '{"message": "No."}' });
    expect(told((await uipath.send(seen)).items)).toEqual([
      'One 1.0.0: created',
      'Two 1.0.0: failed (upstream_rejected)',
      'Three 1.0.0: failed (conflict)',
    ]);
    expect(uipath.effects()).toEqual(['One:1.0.0']);
  });

  test('of which somebody else has brought one meanwhile has a conflict there', async () => {
    const seen = await uipath.planned('error', ...all);
    await uipath.others(otherPackageOf('Two', '1.0.0'));
    expect(told((await uipath.send(seen)).items)).toEqual([
      'One 1.0.0: created',
      'Two 1.0.0: failed (conflict)',
      'Three 1.0.0: failed (conflict)',
    ]);
  });
});

describe('a stored file that breaks off while it is sent', () => {
  const other = Buffer.from(bytes);
  other[other.length - 1] = 7;
  test.each<readonly [string, () => Readable, boolean]>([
    ['by an error', () => Readable.from(cut()), false],
    ['as it is shorter than it was', () => Readable.from([bytes.subarray(0, 100)]), true],
    ['as it is longer than it was', () => Readable.from([bytes, Buffer.alloc(100)]), true],
    ['as it is as long, and another', () => Readable.from([other]), true],
  ])('%s, was never sent whole', async (_name, open, isOver) => {
    const seen = await uipath.planned('error', bytes);
    const sent = uipath.send(seen, { openFile: () => Promise.resolve(open()) });
    const error = await refusal(sent);
    expect([kindOf(error), isHopeless(error)]).toEqual(['not sent', isOver]);
    expect(await uipath.look(seen)).toEqual({ state: 'absent' });
    expect(told((await uipath.send(seen)).items)).toEqual(applied);
    expect(uipath.effects()).toEqual([key]);
  });

  test('after others were brought, is told beside them, and not sent again', async () => {
    const second = packageOf('New.Two', '1.0.0');
    const seen = await uipath.planned('error', bytes, second);
    const files = [bytes, other];
    const openFile = () => Promise.resolve(Readable.from([files.shift() ?? other]));
    expect(told((await uipath.send(seen, { openFile })).items)).toEqual([
      ...applied,
      'New.Two 1.0.0: failed (store_unavailable)',
    ]);
    expect(uipath.effects()).toEqual([key]);
  });

  test('before it is read ends no program', async () => {
    const seen = await uipath.planned('error', bytes);
    const openFile = (): Promise<Readable> => {
      const content = new Readable({ read: () => undefined });
      setImmediate(() => content.destroy(new Error('The disk is gone.')));
      return Promise.resolve(content);
    };
    expect(kindOf(await refusal(uipath.send(seen, { openFile })))).toBe('not sent');
    expect(uipath.effects()).toEqual([]);
  });

  async function* cut(): AsyncGenerator<Buffer> {
    yield bytes.subarray(0, 100);
    await Promise.resolve();
    throw new Error('The disk is gone.');
  }
});
