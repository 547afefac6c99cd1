import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { platforms } from '../../src/platforms/all.ts';
import { change } from '../support/changes.ts';
import { CommittedDocument, type DocumentedOperation } from '../support/documented.ts';
import { type Gateway, Stage } from '../support/gateway.ts';
import { type FormPart, sendForm } from '../support/form.ts';
import { type Answer, at, send } from '../support/http.ts';
import { smokeTest } from '../support/reads.ts';
import { ended, start } from '../support/runs.ts';
import { cutStream } from '../support/sse.ts';

jest.setTimeout(60_000);

const document = await CommittedDocument.read();

/** Longer than anything takes that has to be said at once. */
const streamMs = 2_000;
/** Where the example cannot be done: what it is about is not in doubt, or has ended. */
const refused = new Map([
  ['resolveRun', 409],
  ['resolveOperation', 409],
  ['cancelOperation', 409],
]);
/** What no example can fit: a plan is of what stands when it is made. */
const unfit = new Map([
  ['importFile If-Match', 412],
  ['promote If-Match', 412],
]);
/** What is imported: no document can hold a file. */
const imported: FormPart = [
  'file',
  Buffer.from('{"_id": "FROM_EXAMPLES", "_version": 1, "service": "ETL", "script": "return 1"}'),
  'example.json',
];
/** What is done once: its run has begun anew, or gone on, and that is not over yet. */
const notAgain = new Map([...refused, ['restartRun', 409], ['resumeRun', 409]]);

let stage: Stage;
let gateway: Gateway;
/** An operation that there is. */
let operationId: string;
/** What there is of each platform. */
const there = new Map<string, { readonly process: string; readonly run: string }>();

beforeAll(async () => {
  stage = await Stage.open();
  const config = { connections: stage.asStarted() };
  gateway = await stage.gateway({ config });
  await stage.worker({ config });
  const process = await smokeTest(gateway, 'odsl');
  operationId = (await change(gateway, 'patch', at(process), { enabled: true })).body.id;
  await Promise.all(
    platforms.map(async ({ name }) => {
      const process = await smokeTest(gateway, name);
      const { id } = await ended(gateway, (await start(gateway, process)).body.id);
      there.set(name, { process, run: id });
    }),
  );
});
afterAll(() => stage.close());

type Parameter = DocumentedOperation['parameters'][number];

/** Calls an operation with the examples of what it requires, of `more`, and with values of one's own. */
function call(
  { id, method, path, parameters, form, json, isStream }: DocumentedOperation,
  more: readonly Parameter[] = [],
  own: Readonly<Record<string, string>> = {},
): Promise<Answer<unknown>> {
  const query = new URLSearchParams();
  const headers: Record<string, string> = {};
  let place = path;
  const operation = {
    operation: operationId,
    ...(path.startsWith('/v1/operations/') ? { id: operationId } : {}),
  };
  // A key is nobody's but this request's.
  const fresh: Readonly<Record<string, string>> = { 'Idempotency-Key': randomUUID() };
  for (const parameter of [...parameters.filter(({ isFilledIn }) => isFilledIn), ...more]) {
    const there: Readonly<Record<string, string>> = { ...operation, ...own };
    const values = [there[parameter.name] ?? fresh[parameter.name] ?? parameter.example]
      .flat()
      .map(String);
    if (parameter.in === 'header') headers[parameter.name] = values.join(', ');
    if (parameter.in === 'query') for (const each of values) query.append(parameter.name, each);
    place = place.replace(`{${parameter.name}}`, encodeURIComponent(values.join()));
  }
  const url = query.size === 0 ? place : `${place}?${query.toString()}`;
  const file = id === 'importFile' ? [imported] : [];
  if (form !== null) return sendForm(gateway, url, [...form, ...file], headers);
  if (isStream) return cutStream(gateway, url, headers, streamMs);
  if (json === null) return send(gateway, method, url, { headers });
  headers['content-type'] = 'application/json';
  return send(gateway, method, url, { headers, body: JSON.stringify(json) });
}

/** Those that an example can be given of whatever stands there. */
const optional = ({ parameters }: DocumentedOperation) =>
  parameters.filter(({ isFilledIn, example }) => !isFilledIn && example !== undefined);

describe.each(document.operations().map((operation) => [operation.id, operation] as const))(
  '%s answers as it is documented',
  (id, operation) => {
    const expectDocumented = (answer: Answer<unknown>) => {
      expect(document.deviations(id, answer)).toEqual([]);
    };

    it('to the examples of what it requires', async () => {
      const answer = await call(operation);
      expect(refused.has(id) ? [refused.get(id)] : [200, 202]).toContain(answer.status);
      expectDocumented(answer);
    });

    it('to the example of each other parameter', async () => {
      for (const parameter of optional(operation)) {
        const answer = await call(operation, [parameter]);
        // A cursor is nobody's but who got it.
        const refusal =
          parameter.name === 'cursor'
            ? 400
            : (unfit.get(`${id} ${parameter.name}`) ?? notAgain.get(id));
        const isDone = answer.status < 300 && parameter.name !== 'cursor';
        if (!isDone) expect([parameter.name, answer.status]).toEqual([parameter.name, refusal]);
        expectDocumented(answer);
      }
    });

    it('to all of them at once', async () => {
      const all = optional(operation).filter(
        ({ name }) => name !== 'cursor' && !unfit.has(`${id} ${name}`),
      );
      const answer = await call(operation, all);
      if (answer.status >= 300) expect(answer.status).toBe(notAgain.get(id));
      expectDocumented(answer);
    });

    it('to who has it already, to a parameter that nobody knows, and to a taste that cannot be met', async () => {
      const answer = await call(operation);
      const known = operation.parameters.filter(({ name }) => name === 'If-None-Match');
      if (known.length > 0) {
        const etag = answer.headers['etag'] ?? '';
        const again = await call(operation, known, { 'If-None-Match': etag });
        expect(again.status).toBe(304);
        expectDocumented(again);
      }
      if (!operation.path.startsWith('/v1/')) return;
      const wrong = await call(operation, [
        { name: 'nonsense', in: 'query', isFilledIn: false, example: 'x' },
      ]);
      expect(wrong.status).toBe(400);
      expectDocumented(wrong);
      // Files are what they are.
      if (/\/(package|exports|\{name\})$/.test(operation.path)) return;
      const html = await call(operation, [
        { name: 'Accept', in: 'header', isFilledIn: false, example: 'text/html' },
      ]);
      expect(html.status).toBe(406);
      expectDocumented(html);
    });

    it('for every platform, and for what is not there', async () => {
      for (const { name } of platforms) {
        const { process = '', run = '' } = there.get(name) ?? {};
        const id = operation.path.startsWith('/v1/runs/') ? run : process;
        const isOperation = operation.path.startsWith('/v1/operations/');
        const own = { ...(isOperation ? {} : { id }), connection: name, run };
        expectDocumented(await call(operation, [], own));
      }
      const nothing = { id: 'odsl:NO_SUCH', connection: 'nowhere', run: 'odsl:NO_SUCH' };
      const answer = await call(operation, [], nothing);
      // What is made need not be there.
      const isMade = operation.id === 'putProcess' && answer.status === 200;
      if (operation.path.includes('{') && !isMade) expect([404, 501]).toContain(answer.status);
      expectDocumented(answer);
    });
  },
);
