import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn, IsOptional, IsString, MaxLength } from 'class-validator';
import type { Outcome } from '../domain/errors.ts';
import { type RunStatus, runStatuses } from '../domain/run.ts';
import { PageCursor, PageLimit } from '../http/page-parameters.ts';
import { IsInstant, Repeatable, YesOrNo } from '../http/query.ts';
import { WaitQuery } from '../http/wait.query.ts';
import { exampleMark, exampleRun } from './run-examples.ts';

const longest = 500;

/** What GET /v1/runs/{id} takes. */
export class GetRunQuery extends WaitQuery {
  /** `native`: with the platform's own JSON, live and whole. */
  @ApiPropertyOptional({ enum: ['native'], example: 'native' })
  @IsOptional()
  @IsIn(['native'], { message: 'must be native' })
  include?: 'native';
}

/** What GET /v1/runs takes. */
export class ListRunsQuery {
  /** Only these connections; 400 for one that is not there. May be repeated. */
  @ApiPropertyOptional({ type: [String], example: [exampleRun.connection] })
  @IsOptional()
  @IsString({ each: true })
  @Repeatable()
  connection?: string[];

  /** Runs of this process (its id, or an alias of it); 400 when there is none, and no run of it. */
  @ApiPropertyOptional({ example: exampleRun.process })
  @IsOptional()
  @MaxLength(longest)
  process?: string;

  /** Runs that stand so. May be repeated. */
  @ApiPropertyOptional({ enum: runStatuses, isArray: true, example: ['running'] })
  @IsOptional()
  @IsIn(runStatuses, { each: true, message: `must be one of ${runStatuses.join(', ')}` })
  @Repeatable()
  status?: RunStatus[];

  /** Whether they have ended. */
  @ApiPropertyOptional({ type: Boolean, example: true })
  @IsOptional()
  @YesOrNo()
  final?: boolean;

  /** What became of their start. `outcome=unknown&final=true` is what an operator has to look into. */
  @ApiPropertyOptional({ enum: ['not_sent', 'rejected', 'applied', 'unknown'], example: 'applied' })
  @IsOptional()
  @IsIn(['not_sent', 'rejected', 'applied', 'unknown'], {
    message: 'must be not_sent, rejected, applied or unknown',
  })
  outcome?: Outcome;

  /** Begun after this instant (RFC 3339); the `+` of an offset is `%2B` in a URL. */
  @ApiPropertyOptional({ example: '2026-01-01T00:00:00Z' })
  @IsOptional()
  @IsInstant()
  startedAfter?: string;

  /** Begun before this instant (RFC 3339); the `+` of an offset is `%2B` in a URL. */
  @ApiPropertyOptional({ example: '2030-01-01T00:00:00Z' })
  @IsOptional()
  @IsInstant()
  startedBefore?: string;

  /** Started by exactly this one, in the platform's words. */
  @ApiPropertyOptional({ example: 'gateway@example.com' })
  @IsOptional()
  @MaxLength(longest)
  initiator?: string;

  /** Runs with any of these labels, as they were started with or their platform shows them. May be repeated. */
  @ApiPropertyOptional({ type: [String], example: ['nightly'] })
  @IsOptional()
  @IsString({ each: true })
  @Repeatable()
  label?: string[];

  /** Runs of one start. */
  @ApiPropertyOptional({ example: exampleMark })
  @IsOptional()
  @MaxLength(longest)
  correlationId?: string;

  /** `native`: each run with the platform's own JSON, slim. */
  @ApiPropertyOptional({ enum: ['native'], example: 'native' })
  @IsOptional()
  @IsIn(['native'], { message: 'must be native' })
  include?: 'native';

  /** Runs per page. */
  @PageLimit()
  limit?: number;

  /** `page.nextCursor` of the page before; every other parameter but `limit` stays as it was. */
  @PageCursor()
  cursor?: string;
}
