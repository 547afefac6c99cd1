import { expect } from '@jest/globals';
import { type ProblemCode, problems } from '../../src/domain/errors.ts';
import type { Problem } from '../../src/http/problem.ts';
import type { Answer } from './http.ts';

/** Holds for every error, wherever it comes from. */
export function expectProblem({ headers, body, status }: Answer<Problem>, code: ProblemCode): void {
  expect(headers['content-type']).toMatch(/^application\/problem\+json(; charset=utf-8)?$/);
  expect(headers['cache-control']).toBe('no-store');
  expect(status).toBe(problems[code].status);
  expect(body).toMatchObject({
    type: `/docs/problems/${code}`,
    title: problems[code].title,
    status,
    code,
    requestId: headers['x-request-id'],
  });
  for (const member of ['connection', 'platform', 'upstream', 'outcome']) {
    expect(body).toHaveProperty(member);
  }
  expect([typeof body.detail, typeof body.instance, typeof body.retryable]).toEqual([
    ...['string', 'string', 'boolean'],
  ]);
  expect(body.detail).not.toBe('');
}
