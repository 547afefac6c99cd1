import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsBoolean, IsIn, IsOptional, MaxLength } from 'class-validator';
import { BooleanText, WholeNumber } from '../http/query.ts';

/** What single reads take. */
export class IncludeNativeQuery {
  /** `native`: with the platform's own JSON, read live and whole, secrets redacted. */
  @ApiPropertyOptional({ enum: ['native'], example: 'native' })
  @IsOptional()
  @IsIn(['native'], { message: 'must be native' })
  include?: 'native';
}

/** What GET /v1/processes/{id}/versions takes. */
export class ListVersionsQuery extends IncludeNativeQuery {
  /** Only versions that run somewhere, or only those that do not. */
  @ApiPropertyOptional({ type: Boolean, example: true })
  @IsOptional()
  @BooleanText()
  @IsBoolean({ message: 'must be true or false' })
  active?: boolean;

  /** Versions per page. */
  @ApiPropertyOptional({ type: 'integer', minimum: 1, maximum: 200, default: 50, example: 50 })
  @IsOptional()
  @WholeNumber(1, 200)
  limit?: number;

  /** `page.nextCursor` of the page before; every other parameter but `limit` stays as it was. */
  @ApiPropertyOptional({ example: 'eyJhbGciOiJkaXIiLCJlbmMiOiJBMjU2R0NNIn0..yZShP_FCkT0vh8Jh' })
  @IsOptional()
  @MaxLength(16_384)
  cursor?: string;
}
