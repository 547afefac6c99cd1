import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsOptional } from 'class-validator';
import { WholeNumber } from './query.ts';

const longestWait = 60;

/** What every route takes that can wait for an end. */
export class WaitQuery {
  /** As `Prefer: wait=N`, for callers that cannot set a header: waits up to N seconds for the end. */
  @ApiPropertyOptional({ type: 'integer', minimum: 0, maximum: longestWait, example: 10 })
  @IsOptional()
  @WholeNumber(0, longestWait)
  wait?: number;
}
