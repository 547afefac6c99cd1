import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsOptional } from 'class-validator';
import { filledIn } from '../http/parameter-examples.ts';
import { WholeNumber, YesOrNo } from '../http/query.ts';

const longestWait = 60;

/** What a batch takes in its query. */
export class BatchQuery {
  /** Does nothing: answers with what each would do. Filled in here, so that trying changes nothing by accident. */
  @ApiPropertyOptional({ type: Boolean, default: false, example: true, ...filledIn })
  @IsOptional()
  @YesOrNo()
  validateOnly?: boolean;

  /** As `Prefer: wait=N`, for callers that cannot set a header: waits up to N seconds for the end of all. */
  @ApiPropertyOptional({ type: 'integer', minimum: 0, maximum: longestWait, example: 30 })
  @IsOptional()
  @WholeNumber(0, longestWait)
  wait?: number;
}
