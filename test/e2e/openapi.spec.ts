import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { platforms } from '../../src/platforms/all.ts';
import { CommittedDocument, type DocumentedOperation } from '../support/documented.ts';
import { type Gateway, Stage } from '../support/gateway.ts';
import { sendForm } from '../support/form.ts';
import { type Answer, send } from '../support/http.ts';
import { smokeTest } from '../support/reads.ts';

jest.setTimeout(60_000);

const document = await CommittedDocument.read();

let stage: Stage;
let gateway: Gateway;

beforeAll(async () => {
  stage = await Stage.open();
  gateway = await stage.gateway();
  await stage.worker();
});
afterAll(() => stage.close());

type Parameter = DocumentedOperation['parameters'][number];

/** Calls an operation with the examples of what it requires, of `more`, and with values of one's own. */
function call(
  { method, path, parameters, form }: DocumentedOperation,
  more: readonly Parameter[] = [],
  own: Readonly<Record<string, string>> = {},
): Promise<Answer<unknown>> {
  const query = new URLSearchParams();
  const headers: Record<string, string> = {};
  let place = path;
  // A key is nobody's but this request's.
  const fresh: Readonly<Record<string, string>> = { 'Idempotency-Key': randomUUID() };
  for (const parameter of [...parameters.filter(({ isRequired }) => isRequired), ...more]) {
    const values = [own[parameter.name] ?? fresh[parameter.name] ?? parameter.example]
      .flat()
      .map(String);
    if (parameter.in === 'header') headers[parameter.name] = values.join(', ');
    if (parameter.in === 'query') for (const each of values) query.append(parameter.name, each);
    place = place.replace(`{${parameter.name}}`, encodeURIComponent(values.join()));
  }
  const url = query.size === 0 ? place : `${place}?${query.toString()}`;
  if (form !== null) return sendForm(gateway, url, form, headers);
  return send(gateway, method === 'post' ? 'post' : 'get', url, { headers });
}

const optional = ({ parameters }: DocumentedOperation) =>
  parameters.filter(({ isRequired }) => !isRequired);

describe.each(document.operations().map((operation) => [operation.id, operation] as const))(
  '%s answers as it is documented',
  (id, operation) => {
    const expectDocumented = (answer: Answer<unknown>) => {
      expect(document.deviations(id, answer)).toEqual([]);
    };

    it('to the examples of what it requires', async () => {
      const answer = await call(operation);
      expect([200, 202]).toContain(answer.status);
      expectDocumented(answer);
    });

    it('to the example of each other parameter', async () => {
      for (const parameter of optional(operation)) {
        const answer = await call(operation, [parameter]);
        // A cursor is nobody's but who got it.
        if (parameter.name === 'cursor') expect(answer.status).toBe(400);
        else expect([parameter.name, Math.floor(answer.status / 100)]).toEqual([parameter.name, 2]);
        expectDocumented(answer);
      }
    });

    it('to all of them at once', async () => {
      const all = optional(operation).filter(({ name }) => name !== 'cursor');
      const answer = await call(operation, all);
      expect(answer.status).toBeLessThan(300);
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
        { name: 'nonsense', in: 'query', isRequired: false, example: 'x' },
      ]);
      expect(wrong.status).toBe(400);
      expectDocumented(wrong);
      if (operation.path.endsWith('/package')) return;
      const html = await call(operation, [
        { name: 'Accept', in: 'header', isRequired: false, example: 'text/html' },
      ]);
      expect(html.status).toBe(406);
      expectDocumented(html);
    });

    it('for every platform, and for what is not there', async () => {
      for (const { name } of platforms) {
        const own = { id: await smokeTest(gateway, name), connection: name };
        expectDocumented(await call(operation, [], own));
      }
      const nothing = { id: 'odsl:NO_SUCH', connection: 'nowhere' };
      const answer = await call(operation, [], nothing);
      if (operation.path.includes('{')) expect([404, 501]).toContain(answer.status);
      expectDocumented(answer);
    });
  },
);
