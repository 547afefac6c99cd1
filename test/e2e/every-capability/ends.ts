import { expect } from '@jest/globals';
import type { Operation } from '../../../src/domain/operation.ts';
import type { Run } from '../../../src/domain/run.ts';
import { operationOf } from '../../support/changes.ts';
import type { Answer, Serving } from '../../support/http.ts';
import { ended } from '../../support/runs.ts';
import type { Route } from './routes.ts';

/** Sees that what was answered 2xx is so. */
type End = (gateway: Serving, answer: Answer<unknown>) => Promise<void> | void;

const isTold: End = (_gateway, { status, text }) => {
  expect([status, text === '']).toEqual([200, false]);
};

/** Done at once, or accepted and then done. */
const isDone: End = async (gateway, answer) => {
  const { status, outcome, problem }: Operation = await operationOf(gateway, answer, '?wait=40');
  expect([status, outcome, problem]).toEqual(['succeeded', 'applied', null]);
};

const isRunTo =
  (status: Run['status'], least = 1): End =>
  async (gateway, { body }) => {
    const run = await ended(gateway, (body as Run).id);
    expect([run.status, run.outcome, run.attempt >= least]).toEqual([status, 'applied', true]);
  };

/** What has to come of each route: one that has no end does not compile. */
export const ends: Readonly<Record<Route, End>> = {
  'GET /v1/processes': isTold,
  'GET /v1/processes/{id}': isTold,
  'GET /v1/processes/facets': isTold,
  'GET /v1/processes/{id}/versions': isTold,
  'GET /v1/processes/{id}/versions/{version}': isTold,
  'PUT /v1/processes/{id}': isDone,
  'PATCH /v1/processes/{id}': isDone,
  'DELETE /v1/processes/{id}': isDone,
  'PATCH /v1/processes/{id}/versions/{version}': isDone,
  'DELETE /v1/processes/{id}/versions/{version}': isDone,
  'PUT /v1/processes/{id}/versions/{version}/tags/{tag}': isDone,
  'POST /v1/processes/{id}/rollback': isDone,
  'POST /v1/processes/{id}/refresh': isDone,
  'GET /v1/processes/{id}/package': isTold,
  'GET /v1/processes/{id}/versions/{version}/package': isTold,
  'POST /v1/exports': isTold,
  'POST /v1/imports': isDone,
  'POST /v1/promotions': isDone,
  'GET /v1/processes/{id}/deployments': isTold,
  'POST /v1/processes/{id}/deployments': isDone,
  'PATCH /v1/processes/{id}/deployments/{deployment}': isDone,
  'DELETE /v1/processes/{id}/deployments/{deployment}': isDone,
  'GET /v1/connections/{connection}/targets': isTold,
  'GET /v1/runs': isTold,
  'GET /v1/runs/{id}': isTold,
  'GET /v1/runs/{id}/events': isTold,
  'POST /v1/processes/{id}/runs': isRunTo('succeeded'),
  'POST /v1/runs': isRunTo('succeeded'),
  'GET /v1/runs/{id}/log': isTold,
  'GET /v1/runs/{id}/attachments': isTold,
  'GET /v1/runs/{id}/attachments/{name}': isTold,
  'POST /v1/runs/{id}/cancel': isRunTo('cancelled'),
  'POST /v1/runs/{id}/restart': isRunTo('succeeded', 2),
  'POST /v1/runs/{id}/resume': isRunTo('succeeded'),
};
