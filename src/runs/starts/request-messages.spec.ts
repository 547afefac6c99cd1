import { describe, expect, it } from '@jest/globals';
import { GatewayError } from '../../domain/errors.ts';
import { bodyOf } from '../../http/body.ts';
import { QueryPipe } from '../../http/query.ts';
import { RawQuery } from '../../http/raw-query.ts';
import { UipathStartOptions } from '../../platforms/uipath/uipath.options.ts';
import { ResolveRunDto, ResumeRunDto } from '../control/run-writes.dto.ts';
import { ListRunsQuery } from '../run.query.ts';
import { StartRunDto } from './start-run.dto.ts';

const messageOf = (body: object, target: new () => object): string | undefined => {
  try {
    bodyOf(body, target);
  } catch (error) {
    if (error instanceof GatewayError) return error.details.errors?.[0]?.message;
  }
  return undefined;
};

describe('an instant of a query', () => {
  it.each(['startedAfter', 'startedBefore'])('says how a + is written in %s', (name) => {
    const asked = (): unknown =>
      new QueryPipe().transform(new RawQuery(`${name}=2026-11-22T04:12:20+00:00`), {
        type: 'query',
        metatype: ListRunsQuery,
      });
    expect(asked).toThrow('in a URL, + has to be written as %2B');
  });
});

describe('what is wrong with a body is said so that it can be mended', () => {
  it.each([
    [{}, ResumeRunDto, 'is required'],
    [{ event: 5 }, ResumeRunDto, 'must be a text of 1 to 200 characters'],
    [{ outcome: 'applied' }, ResolveRunDto, 'is required'],
    [{ labels: 'x' }, StartRunDto, 'must be an array of at most 50 texts'],
    [{ labels: [''] }, StartRunDto, 'must be an array of at most 50 texts of 1 to 100 characters'],
    [{ deployment: 1001 }, StartRunDto, 'must be a text of 1 to 200 characters'],
    [{ version: 4 }, StartRunDto, 'must be a text of 1 to 200 characters'],
    [{ scheduleAt: 5 }, StartRunDto, 'must be an instant of RFC 3339'],
    [{ jobsCount: '3' }, UipathStartOptions, 'must be a whole number from 1 to 100'],
    [{ robots: '3' }, UipathStartOptions, 'must be an array of 1 to 100 whole numbers'],
    [{ robots: ['3'] }, UipathStartOptions, 'must be an array of 1 to 100 whole numbers'],
    [{ robots: [3, 3] }, UipathStartOptions, 'must not repeat a robot'],
    [{ runtimeType: '5' }, UipathStartOptions, 'must be 1 to 40 letters'],
  ])('%j', (body, target, message) => {
    expect(messageOf(body, target)).toContain(message);
  });
});
