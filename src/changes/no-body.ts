import { invalid } from '../http/mistakes.ts';

/** @throws InvalidRequestError when a body says something where there is nothing to say */
export function noBody(body: unknown): void {
  const content = body ?? {};
  const isEmpty =
    typeof content === 'object' && !Array.isArray(content) && Object.keys(content).length === 0;
  if (isEmpty) return;
  const message = 'must be left out, or be an empty object';
  throw invalid('body', [{ at: 'body', message }], { outcome: 'not_sent' });
}
