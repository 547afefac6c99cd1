import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { readFileSync } from 'node:fs';
import type { Plan } from '../../src/domain/operation.ts';
import { examplePromotion } from '../../src/promotions/promotion.dto.ts';
import { change } from '../support/changes.ts';
import { type Gateway, Stage } from '../support/gateway.ts';

jest.setTimeout(60_000);

let stage: Stage;
let gateway: Gateway;

beforeAll(async () => {
  stage = await Stage.open();
  const config = { connections: stage.asStarted() };
  [gateway] = await Promise.all([stage.gateway({ config }), stage.worker({ config })]);
});
afterAll(() => stage.close());

/** Paths and bodies of the promotions that the README sends, as they stand there. */
function ofReadme(): readonly (readonly [path: string, body: object])[] {
  const calls = /curl '?localhost:3000(\/v1\/promotions[^' ]*)[^#]*? -d '([^']*)'/g;
  return [...readFileSync('README.md', 'utf8').matchAll(calls)].map(
    ([, path = '', body = '']) => [path, JSON.parse(body) as object] as const,
  );
}

const effectsOf = (items: Plan['items'] | undefined): readonly string[] =>
  (items ?? []).map(({ effect }) => effect);

/** Promotes and waits for it. */
async function done(path: string, body: object): Promise<readonly unknown[]> {
  const headers = { prefer: 'wait=30' };
  const answer = await change(gateway, 'post', path, body, headers);
  return [answer.status, ...effectsOf(answer.body.result?.items)];
}

describe('the first promotion of who follows the README, or the example of the OpenAPI document', () => {
  it('is planned as something new, is done, and can be done again', async () => {
    const [planned, sent, ...more] = ofReadme();
    if (planned === undefined || sent === undefined) throw new Error('the README promotes nothing');
    expect(more).toEqual([]);
    const example = ['/v1/promotions?validateOnly=true', examplePromotion] as const;
    for (const [path, body] of [planned, example]) {
      const { status, body: plan } = await change<Plan>(gateway, 'post', path, body);
      expect([path, status, ...effectsOf(plan.items)]).toEqual([path, 200, 'created']);
    }
    expect(await done(...sent)).toEqual([200, 'created']);
    expect(await done(...sent)).toEqual([200, 'unchanged']);
    expect(await done('/v1/promotions', examplePromotion)).toEqual([200, 'kept']);
  });
});
