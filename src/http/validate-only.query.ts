import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsOptional } from 'class-validator';
import { YesOrNo } from './query.ts';

/** What a write takes in its query that answers at once. */
export class ValidateOnlyQuery {
  /** Does nothing: answers 200 with what would stand afterwards, or refuses as the write itself would. */
  @ApiPropertyOptional({ type: Boolean, default: false, example: true })
  @IsOptional()
  @YesOrNo()
  validateOnly?: boolean;
}
