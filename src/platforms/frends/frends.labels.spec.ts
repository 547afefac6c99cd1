import { describe, expect, test } from '@jest/globals';
import type { ChangeReceipt, PreparedChange, UpdateRequest } from '../../domain/change.ts';
import type { Native } from '../../domain/native.ts';
import type { Reconciliation } from '../../domain/write.ts';
import { frendsSandboxWith } from '../../sandbox/frends/frends.sandbox.ts';
import { startSandbox } from '../../sandbox/kit/sandbox.ts';
import { ChangingFrends, refusal } from './frends.testing.ts';

const dunning = 'Dunning letters';

describe('labels of Frends', () => {
  const frends = new ChangingFrends();

  const request = (labels: readonly string[], ifMatch: string | null = null): UpdateRequest => ({
    key: frends.key(dunning),
    confirm: null,
    patch: { labels },
    ifMatch,
  });
  const prepare = (
    labels: readonly string[],
    ifMatch: string | null = null,
  ): Promise<PreparedChange> => frends.prepare(frends.parts.lifecycle, request(labels, ifMatch));
  const send = (evidence: Native): Promise<ChangeReceipt> =>
    frends.send(frends.parts.lifecycle, evidence);
  const reconcile = (evidence: Native): Promise<Reconciliation<ChangeReceipt>> =>
    frends.reconcile(frends.parts.lifecycle, evidence);
  const labels = async (): Promise<readonly string[]> =>
    (await frends.parts.processes.get(frends.key(dunning), frends.signal()))?.labels ?? [];
  const tagCalls = (): readonly string[] =>
    frends.sandbox.requests().filter((each) => each.endsWith(' /api/v1/tags'));

  test('are the only thing of a process that can be changed', () => {
    expect(frends.parts.lifecycle.fields).toEqual(['labels']);
  });

  test('become exactly those that are asked for', async () => {
    expect(await labels()).toEqual(['finance', 'daily']);
    const { items, evidence } = await prepare(['daily', 'letters', 'letters', 'Übrig']);
    expect(items).toMatchObject([{ effect: 'updated', version: '3', problem: null }]);
    expect(await send(evidence)).toEqual({ items });
    expect(await labels()).toEqual(['daily', 'letters', 'Übrig']);
    expect(tagCalls()).toEqual(['PATCH /api/v1/tags', 'DELETE /api/v1/tags']);
  });

  test('can all be taken away', async () => {
    await send((await prepare([])).evidence);
    expect(await labels()).toEqual([]);
    expect(tagCalls()).toEqual(['DELETE /api/v1/tags']);
  });

  test('leave alone what somebody else has added meanwhile', async () => {
    const { evidence } = await prepare(['letters']);
    await send((await prepare(['finance', 'daily', 'theirs'])).evidence);
    await send(evidence);
    expect(await labels()).toEqual(['theirs', 'letters']);
  });

  test('that are there already, in any order, change nothing', async () => {
    const { items, evidence } = await prepare(['daily', 'finance']);
    expect(items).toMatchObject([{ effect: 'unchanged' }]);
    await send(evidence);
    expect(tagCalls()).toEqual([]);
  });

  test('without an answer are found, or found missing', async () => {
    const { evidence } = await prepare(['finance', 'daily', 'letters']);
    frends.loseAnswer('PATCH', '/tags', 'reset');
    await expect(send(evidence)).rejects.toMatchObject({ details: { sent: 'maybe' } });
    expect(await reconcile(evidence)).toEqual({ state: 'absent' });
    frends.loseAnswer('PATCH', '/tags', 'resetAfterEffect');
    await expect(send(evidence)).rejects.toMatchObject({ details: { sent: 'maybe' } });
    expect((await reconcile(evidence)).state).toBe('applied');
  });

  test('that were added and not yet taken away are partial, and gone on with', async () => {
    const { evidence } = await prepare(['letters']);
    frends.loseAnswer('DELETE', '/tags', 'reset');
    await expect(send(evidence)).rejects.toMatchObject({ details: { sent: 'maybe' } });
    expect((await reconcile(evidence)).state).toBe('partial');
    frends.sandbox.forget();
    expect(await send(evidence)).toMatchObject({ items: [{ effect: 'updated' }] });
    expect(tagCalls()).toEqual(['DELETE /api/v1/tags']);
    expect(await labels()).toEqual(['letters']);
  });

  test.each([
    ['3', true],
    ['*', true],
    ['2', false],
  ])('are changed only while %s is the latest version: %s', async (ifMatch, fits) => {
    const prepared = prepare(['letters'], ifMatch);
    if (fits) expect((await prepared).items).toMatchObject([{ effect: 'updated' }]);
    else
      await expect(prepared).rejects.toMatchObject({
        code: 'precondition_failed',
        details: refusal,
      });
  });

  test('of what is not there are 404', async () => {
    const unknown = { ...request([]), key: '00000000-0000-4000-8000-000000000000' };
    await expect(frends.prepare(frends.parts.lifecycle, unknown)).rejects.toMatchObject({
      code: 'not_found',
      details: refusal,
    });
  });

  test('are 501 where the release has no such calls, and its check says so', async () => {
    const old = await startSandbox(
      frendsSandboxWith({ execute: true, tags: false, document: true }),
    );
    const adapter = frends.adapter(old.url);
    expect((await adapter.ping(frends.signal())).missing).toEqual(['lifecycle']);
    const prepared = adapter.parts.lifecycle?.prepare(request(['x']), frends.signal());
    await expect(prepared).rejects.toMatchObject({
      code: 'capability_not_supported',
      details: refusal,
    });
    await old.close();
  });
});
