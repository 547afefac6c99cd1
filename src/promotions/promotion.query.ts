import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsOptional } from 'class-validator';
import { filledIn } from '../http/parameter-examples.ts';
import { YesOrNo } from '../http/query.ts';
import { WaitQuery } from '../http/wait.query.ts';

/** What a promotion takes in its query. */
export class PromotionQuery extends WaitQuery {
  /** Does nothing: answers 200 with what it would do. Filled in here, so that trying changes nothing by accident. */
  @ApiPropertyOptional({ type: Boolean, default: false, example: true, ...filledIn })
  @IsOptional()
  @YesOrNo()
  validateOnly?: boolean;
}
