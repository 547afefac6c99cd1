import { ApiProperty, ApiPropertyOptional, ApiSchema } from '@nestjs/swagger';
import { Allow, IsDefined, IsIn, IsString, Length } from 'class-validator';
import type { Problem } from '../http/problem.ts';
import type { Operation, Plan } from '../domain/operation.ts';
import { ProblemDto } from '../http/problem.dto.ts';
import { OperationDto } from '../operations/operation.dto.ts';
import { exampleOperation } from '../operations/operation-examples.ts';
import { Omittable } from '../platforms/omittable.ts';
import { exampleDefinition } from './change-examples.ts';
import { confirmations } from './change.query.ts';
import { PlanDto } from './change.dto.ts';

/** What an item of a batch does, by the route that does it alone. */
export const batchOps = [
  'put',
  'update',
  'delete',
  'rollback',
  'refresh',
  'activate_version',
  'delete_version',
  'tag_version',
  'deploy',
  'redeploy',
  'undeploy',
] as const;
export type BatchOp = (typeof batchOps)[number];

export const mostItems = 200;
const shortText = 'must be a text of 1 to 1000 characters';

const Text = (): PropertyDecorator => (object, name) => {
  Length(1, 1_000, { message: shortText })(object, name);
  IsString({ message: shortText })(object, name);
};

/** One change of a batch: what the route of its own takes in path, query and body. */
@ApiSchema({ name: 'BatchItem' })
export class BatchItemDto {
  /** What is to be done. */
  @ApiProperty({ enum: batchOps, example: 'update' })
  @IsIn(batchOps, { message: `must be one of ${batchOps.join(', ')}` })
  op!: BatchOp;

  /** Id of the process; no two items of a batch are about the same. */
  @ApiProperty({ example: exampleDefinition.id })
  @Text()
  @IsDefined({ message: 'is required' })
  id!: string;

  /** The version, where `op` is about one. */
  @ApiPropertyOptional({ type: String, example: exampleOperation.version })
  @Omittable()
  @Text()
  version?: string;

  /** The tag that `tag_version` makes. */
  @ApiPropertyOptional({ type: String, example: 'stable' })
  @Omittable()
  @Text()
  tag?: string;

  /** The deployment, for `redeploy` and `undeploy`. */
  @ApiPropertyOptional({ type: String, example: '1042' })
  @Omittable()
  @Text()
  deployment?: string;

  /** What the caller agrees to lose. */
  @ApiPropertyOptional({ enum: confirmations, example: 'undeploy' })
  @Omittable()
  @IsIn(confirmations, { message: `must be one of ${confirmations.join(', ')}` })
  confirm?: (typeof confirmations)[number];

  /** As the header `If-Match`, for `put` and `update`. */
  @ApiPropertyOptional({ type: String, example: '"7"' })
  @Omittable()
  @Text()
  ifMatch?: string;

  /** As the body of the route. */
  @ApiPropertyOptional({ type: Object, additionalProperties: true, example: { enabled: true } })
  @Allow()
  body?: unknown;
}

/** Changes that are asked for together. */
@ApiSchema({ name: 'Batch' })
export class BatchDto {
  /** Each is done, or refused, by itself. */
  @ApiProperty({ type: [BatchItemDto], maxItems: mostItems })
  items!: BatchItemDto[];
}

/** What became of one change of a batch. */
export interface BatchResult {
  readonly op: BatchOp;
  readonly id: string;
  readonly status: number;
  readonly operation: Operation | null;
  readonly plan: Plan | null;
  readonly problem: Problem | null;
}

/** What became of one change of a batch. */
@ApiSchema({ name: 'BatchResult' })
export class BatchResultDto {
  /** What was to be done. */
  @ApiProperty({ enum: batchOps, example: 'update' })
  op!: BatchOp;
  /** Id of the process, as it was asked for. */
  @ApiProperty({ example: exampleOperation.process })
  id!: string;
  /** The status that its own route would have answered with. @example 200 */
  status!: number;
  /** Its operation; null where none was accepted. */
  operation!: OperationDto | null;
  /** With `validateOnly`, what it would do. */
  plan!: PlanDto | null;
  /** Why it was refused, or has failed. */
  problem!: ProblemDto | null;
}

/** What became of the changes of a batch, in their order. */
@ApiSchema({ name: 'BatchResults' })
export class BatchResultsDto {
  /** Each of them. */
  data!: BatchResultDto[];
}
