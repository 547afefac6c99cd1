import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn, IsOptional, IsString } from 'class-validator';
import type { Outcome } from '../domain/errors.ts';
import {
  type OperationKind,
  operationKinds,
  type OperationStatus,
  operationStatuses,
} from '../domain/operation.ts';
import { PageCursor, PageLimit } from '../http/page-parameters.ts';
import { Repeatable, WholeNumber, YesOrNo } from '../http/query.ts';
import { exampleOperation } from './operation-examples.ts';

const longestWait = 60;
const outcomes = ['not_sent', 'rejected', 'applied', 'unknown'] as const;

/** What GET /v1/operations/{id} takes. */
export class GetOperationQuery {
  /** As `Prefer: wait=N`, for callers that cannot set a header: waits up to N seconds for the end. */
  @ApiPropertyOptional({ type: 'integer', minimum: 0, maximum: longestWait, example: 10 })
  @IsOptional()
  @WholeNumber(0, longestWait)
  wait?: number;
}

/** What GET /v1/operations takes. */
export class ListOperationsQuery {
  /** Only these connections; 400 for one that is not there. May be repeated. */
  @ApiPropertyOptional({ type: [String], example: [exampleOperation.connection] })
  @IsOptional()
  @IsString({ each: true })
  @Repeatable()
  connection?: string[];

  /** What they do. May be repeated. */
  @ApiPropertyOptional({
    enum: operationKinds,
    isArray: true,
    example: [exampleOperation.kind],
  })
  @IsOptional()
  @IsIn(operationKinds, { each: true, message: `must be one of ${operationKinds.join(', ')}` })
  @Repeatable()
  kind?: OperationKind[];

  /** Operations that stand so. May be repeated. */
  @ApiPropertyOptional({ enum: operationStatuses, isArray: true, example: ['succeeded'] })
  @IsOptional()
  @IsIn(operationStatuses, {
    each: true,
    message: `must be one of ${operationStatuses.join(', ')}`,
  })
  @Repeatable()
  status?: OperationStatus[];

  /** Whether they have ended. */
  @ApiPropertyOptional({ type: Boolean, example: true })
  @IsOptional()
  @YesOrNo()
  final?: boolean;

  /** What became of them. `outcome=unknown&final=true` is what an operator has to look into. */
  @ApiPropertyOptional({ enum: outcomes, example: 'applied' })
  @IsOptional()
  @IsIn(outcomes, { message: 'must be not_sent, rejected, applied or unknown' })
  outcome?: Outcome;

  /** Operations per page, at most: one that reaches 5,000 items ends its page. */
  @PageLimit()
  limit?: number;

  /** `page.nextCursor` of the page before; every other parameter but `limit` stays as it was. */
  @PageCursor()
  cursor?: string;
}
