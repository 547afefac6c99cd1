import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn, IsOptional } from 'class-validator';
import { filledIn } from '../http/parameter-examples.ts';
import { WholeNumber, YesOrNo } from '../http/query.ts';

const longestWait = 60;
export const confirmations = ['delete', 'undeploy', 'repository'] as const;

/** What every change takes in its query. */
export class ChangeQuery {
  /** What the caller agrees to lose: the word that a 409 has asked for. */
  @ApiPropertyOptional({ enum: confirmations, example: 'undeploy' })
  @IsOptional()
  @IsIn(confirmations, { message: `must be one of ${confirmations.join(', ')}` })
  confirm?: (typeof confirmations)[number];

  /** Does nothing: answers 200 with what it would do. Filled in here, so that trying changes nothing by accident. */
  @ApiPropertyOptional({ type: Boolean, default: false, example: true, ...filledIn })
  @IsOptional()
  @YesOrNo()
  validateOnly?: boolean;

  /** As `Prefer: wait=N`, for callers that cannot set a header: waits up to N seconds for the end. */
  @ApiPropertyOptional({
    type: 'integer',
    minimum: 0,
    maximum: longestWait,
    default: 30,
    example: 30,
  })
  @IsOptional()
  @WholeNumber(0, longestWait)
  wait?: number;
}
