import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn, IsOptional } from 'class-validator';
import { PageCursor, PageLimit } from '../http/page-parameters.ts';
import { YesOrNo } from '../http/query.ts';

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
  @YesOrNo()
  active?: boolean;

  /** Versions per page. */
  @PageLimit()
  limit?: number;

  /** `page.nextCursor` of the page before; every other parameter but `limit` stays as it was. */
  @PageCursor()
  cursor?: string;
}
