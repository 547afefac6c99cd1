import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsBoolean, IsIn, IsOptional, MaxLength } from 'class-validator';
import { cursorExample } from '../http/envelope.dto.ts';
import { BooleanText, WholeNumber } from '../http/query.ts';

/** What reads of one thing take. */
export class IncludeNativeQuery {
  /** `native`: with the platform's own JSON, read live and whole, secrets redacted. */
  @ApiPropertyOptional({ enum: ['native'], example: 'native' })
  @IsOptional()
  @IsIn(['native'], { message: 'must be native' })
  include?: 'native';
}

/** What lists of what a process has take. */
export class ListIncludeNativeQuery {
  /** `native`: each with the platform's own JSON, as slim as its list has it, secrets redacted; as old as the rest of the answer. */
  @ApiPropertyOptional({ enum: ['native'], example: 'native' })
  @IsOptional()
  @IsIn(['native'], { message: 'must be native' })
  include?: 'native';
}

/** What GET /v1/processes/{id}/versions takes. */
export class ListVersionsQuery extends ListIncludeNativeQuery {
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
  @ApiPropertyOptional({ example: cursorExample })
  @IsOptional()
  @MaxLength(16_384)
  cursor?: string;
}
