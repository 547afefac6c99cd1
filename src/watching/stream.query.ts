import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsOptional } from 'class-validator';
import { WholeNumber } from '../http/query.ts';

const longestStream = 86_400;

/** What a stream of events takes. */
export class StreamQuery {
  /** Ends the stream after so many seconds. */
  @ApiPropertyOptional({ type: 'integer', minimum: 1, maximum: longestStream, example: 3 })
  @IsOptional()
  @WholeNumber(1, longestStream)
  for?: number;
}
