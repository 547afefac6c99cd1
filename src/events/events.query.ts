import { ApiPropertyOptional } from '@nestjs/swagger';
import { ArrayMaxSize, IsArray, IsOptional, IsString } from 'class-validator';
import { invalid } from '../http/mistakes.ts';
import { filledIn } from '../http/parameter-examples.ts';
import { Repeatable } from '../http/query.ts';
import { exampleOperation } from '../operations/operation-examples.ts';
import { endedRun } from '../runs/run-examples.ts';
import { StreamQuery } from '../watching/stream.query.ts';

/** Of one stream, runs and operations together. */
const mostWatched = 100;
const tooMany = `must not be given more than ${mostWatched} times`;

/** What GET /v1/events takes; runs and operations, at least one of either. */
export class EventsQuery extends StreamQuery {
  /** The runs whose changes are streamed. May be repeated. */
  @ApiPropertyOptional({
    type: [String],
    maxItems: mostWatched,
    example: [endedRun],
    ...filledIn,
  })
  @IsOptional()
  @IsArray({ message: 'is required' })
  @ArrayMaxSize(mostWatched, { message: tooMany })
  @IsString({ each: true, message: 'is required' })
  @Repeatable()
  run?: string[];

  /** The operations whose changes are streamed. May be repeated. */
  @ApiPropertyOptional({ type: [String], maxItems: mostWatched, example: [exampleOperation.id] })
  @IsOptional()
  @IsArray({ message: 'is required' })
  @ArrayMaxSize(mostWatched, { message: tooMany })
  @IsString({ each: true, message: 'is required' })
  @Repeatable()
  operation?: string[];
}

/** @throws InvalidRequestError when nothing is to be watched, or too much */
export function refuseCount({ run = [], operation = [] }: EventsQuery): void {
  const count = run.length + operation.length;
  if (count > 0 && count <= mostWatched) return;
  const message =
    count === 0
      ? 'is required, unless operation is given'
      : `and operation must not be given more than ${mostWatched} times together`;
  throw invalid('query', [{ at: 'run', message }]);
}
